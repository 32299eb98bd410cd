import { EditOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Skeleton } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "@/components/api/client";
import type { Customer } from "@/components/api/types";
import { ErrorState } from "@/components/ui/ErrorState";
import { SidePanel } from "@/components/ui/SidePanel";
import { Grade } from "@/components/ui/Tags";
import { CustomerForm } from "./CustomerForm";
import { CustomerView } from "./CustomerView";
import css from "./customers.module.css";

interface Props {
  id: string | null;
  onClose: () => void;
  onOpen: (id: string) => void;
}

/** One record beside the list; `new` is a record to be. */
export function CustomerDrawer({ id, onClose, onOpen }: Props) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const isNew = id === "new";
  useEffect(() => setEditing(false), [id]);
  const query = useQuery({
    queryKey: ["customers", "one", id],
    queryFn: () => request<Customer>(`/customers/${id}`),
    enabled: id !== null && !isNew,
  });
  const customer = isNew ? null : (query.data ?? null);
  const form = isNew || (editing && customer);
  const title =
    customer && !editing ? <Heading customer={customer} /> : t(isNew ? "customers.new" : "customers.edit");
  const edit = (
    <Button icon={<EditOutlined />} onClick={() => setEditing(true)} data-testid="customer-edit">
      {t("action.edit")}
    </Button>
  );
  return (
    <SidePanel
      open={id !== null}
      onClose={onClose}
      width={640}
      title={title}
      extra={customer && !editing && edit}
      destroyOnHidden
    >
      {form && (
        <CustomerForm
          customer={customer}
          onCancel={() => (isNew ? onClose() : setEditing(false))}
          onSaved={(saved) => {
            setEditing(false);
            onOpen(saved.id);
          }}
        />
      )}
      {!form && query.isPending && <Skeleton active />}
      {!form && query.error && <ErrorState error={query.error} onRetry={() => query.refetch()} />}
      {!form && customer && <CustomerView customer={customer} />}
    </SidePanel>
  );
}

function Heading({ customer }: { customer: Customer }) {
  return (
    <span className={css.name}>
      <Grade grade={customer.grade} large /> {customer.name}
    </span>
  );
}
