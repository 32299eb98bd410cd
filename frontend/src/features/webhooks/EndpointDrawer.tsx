import { useTranslation } from "react-i18next";
import type { Webhook } from "@/components/api/types";
import { RecordPanel } from "@/components/ui/RecordPanel";
import { EndpointForm } from "./EndpointForm";
import { EndpointView } from "./EndpointView";

interface Props {
  id: string | null;
  onClose: () => void;
  onOpen: (id: string) => void;
  onSecret: (secret: string) => void;
}

/** One endpoint beside the list; `new` is one to be. */
export function EndpointDrawer({ id, onClose, onOpen, onSecret }: Props) {
  const { t } = useTranslation();
  const title = (endpoint: Webhook | null, editing: boolean) => {
    if (id === "new") return t("webhooks.new");
    return editing ? t("webhooks.edit") : endpoint?.description || t("webhooks.one");
  };
  return (
    <RecordPanel<Webhook>
      id={id}
      path="/webhooks"
      title={title}
      form={({ record, onCancel, onSaved }) => (
        <EndpointForm
          endpoint={record}
          onCancel={onCancel}
          onSaved={(saved, secret) => {
            onSaved(saved);
            if (secret) onSecret(secret);
          }}
        />
      )}
      view={(endpoint) => <EndpointView endpoint={endpoint} onSecret={onSecret} onDeleted={onClose} />}
      onClose={onClose}
      onOpen={onOpen}
      editTestId="webhook-edit"
    />
  );
}
