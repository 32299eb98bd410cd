import { RightOutlined } from "@ant-design/icons";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import type { Home } from "@/components/api/types";
import { formatPhone } from "@/components/format/phone";
import { useWord } from "@/components/i18n/useWord";

/** The way through the voice menu in words: 主菜单 › 投诉. */
export function MenuPath({ path }: { path: string | null | undefined }) {
  const word = useWord();
  if (!path) return <>–</>;
  return (
    <span>
      {path.split("/").map((node, index) => (
        <Fragment key={index}>
          {index > 0 && <RightOutlined style={{ margin: "0 4px", fontSize: 9, opacity: 0.5 }} />}
          {word("menu", node)}
        </Fragment>
      ))}
    </span>
  );
}

export function PhoneText({ number, raw }: { number: string | null | undefined; raw?: string | null }) {
  const { t } = useTranslation();
  const shown = formatPhone(number, raw ?? "");
  return <span className="figures">{shown || t("call.withheld")}</span>;
}

/** 云湖花园 3栋 2单元 1502 */
export function homeText(home: Home, t: (key: string, params?: Record<string, string>) => string): string {
  const parts = [
    home.project,
    home.building && (/\d$/.test(home.building) ? t("home.building", { n: home.building }) : home.building),
    home.unit && (/^\d+$/.test(home.unit) ? t("home.unit", { n: home.unit }) : home.unit),
    home.room,
  ];
  return parts.filter(Boolean).join(" ");
}

export function HomeText({ home }: { home: Home }) {
  const { t } = useTranslation();
  return <span>{homeText(home, t)}</span>;
}
