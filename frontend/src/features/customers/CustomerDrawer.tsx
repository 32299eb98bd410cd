import { useTranslation } from "react-i18next";
import type { Customer } from "@/components/api/types";
import { RecordPanel } from "@/components/ui/RecordPanel";
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
  const title = (customer: Customer | null, editing: boolean) =>
    customer && !editing ? (
      <Heading customer={customer} />
    ) : (
      t(id === "new" ? "customers.new" : "customers.edit")
    );
  return (
    <RecordPanel<Customer>
      id={id}
      path="/customers"
      title={title}
      form={({ record, onCancel, onSaved }) => (
        <CustomerForm customer={record} onCancel={onCancel} onSaved={onSaved} />
      )}
      view={(customer) => <CustomerView customer={customer} />}
      onClose={onClose}
      onOpen={onOpen}
      editTestId="customer-edit"
    />
  );
}

function Heading({ customer }: { customer: Customer }) {
  return (
    <span className={css.name}>
      <Grade grade={customer.grade} large /> {customer.name}
    </span>
  );
}
