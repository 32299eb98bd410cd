import { type TableProps, Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { CustomerRow } from "@/components/api/types";
import { useWord } from "@/components/i18n/useWord";
import { Grade } from "@/components/ui/Tags";
import { HomeText, PhoneText } from "@/components/ui/Words";
import css from "./customers.module.css";

export function useCustomerColumns(): TableProps<CustomerRow>["columns"] {
  const { t } = useTranslation();
  const word = useWord();
  return [
    { title: t("customer.name"), width: 208, ellipsis: true, render: (_, row) => <Name row={row} /> },
    { title: t("customer.kind"), width: 96, render: (_, row) => word("customerKind", row.kind) },
    { title: t("customer.phones"), width: 232, ellipsis: true, render: (_, row) => <Phones row={row} /> },
    { title: t("customer.homes"), ellipsis: true, render: (_, row) => <Homes row={row} /> },
    { title: t("customer.tags"), width: 240, render: (_, row) => <Tags tags={row.tags} /> },
  ];
}

function Name({ row }: { row: CustomerRow }) {
  return (
    <span className={css.name}>
      <Grade grade={row.grade} /> <strong className={css.cut}>{row.name}</strong>
    </span>
  );
}

function Phones({ row }: { row: CustomerRow }) {
  const [first, ...rest] = row.phones;
  if (!first) return <>–</>;
  return (
    <span>
      <PhoneText number={first.e164} raw={first.raw} />{" "}
      {rest.length > 0 && <small className={css.more}>+{rest.length}</small>}
    </span>
  );
}

function Homes({ row }: { row: CustomerRow }) {
  const [first, ...rest] = row.homes;
  if (!first) return <>–</>;
  return (
    <span>
      <HomeText home={first} /> {rest.length > 0 && <small className={css.more}>+{rest.length}</small>}
    </span>
  );
}

export function Tags({ tags }: { tags: string[] }) {
  if (tags.length === 0) return <>–</>;
  return (
    <>
      {tags.map((tag) => (
        <Tag key={tag} bordered={false}>
          {tag}
        </Tag>
      ))}
    </>
  );
}
