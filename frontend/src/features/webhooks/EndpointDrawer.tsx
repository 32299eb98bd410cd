import { EditOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Skeleton } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "@/components/api/client";
import type { Webhook } from "@/components/api/types";
import { ErrorState } from "@/components/ui/ErrorState";
import { SidePanel } from "@/components/ui/SidePanel";
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
  const [editing, setEditing] = useState(false);
  const isNew = id === "new";
  useEffect(() => setEditing(false), [id]);
  const query = useQuery({
    queryKey: ["webhooks", "one", id],
    queryFn: () => request<Webhook>(`/webhooks/${id}`),
    enabled: id !== null && !isNew,
  });
  const endpoint = isNew ? null : (query.data ?? null);
  const form = isNew || (editing && endpoint);
  const title = isNew
    ? t("webhooks.new")
    : editing
      ? t("webhooks.edit")
      : endpoint?.description || t("webhooks.one");
  const edit = (
    <Button icon={<EditOutlined />} onClick={() => setEditing(true)} data-testid="webhook-edit">
      {t("action.edit")}
    </Button>
  );
  return (
    <SidePanel
      open={id !== null}
      onClose={onClose}
      width={640}
      title={title}
      extra={endpoint && !editing && edit}
      destroyOnHidden
    >
      {form && (
        <EndpointForm
          endpoint={endpoint}
          onCancel={() => (isNew ? onClose() : setEditing(false))}
          onSaved={(saved, secret) => {
            setEditing(false);
            onOpen(saved.id);
            if (secret) onSecret(secret);
          }}
        />
      )}
      {!form && query.isPending && <Skeleton active />}
      {!form && query.error && <ErrorState error={query.error} onRetry={() => query.refetch()} />}
      {!form && endpoint && <EndpointView endpoint={endpoint} onSecret={onSecret} onDeleted={onClose} />}
    </SidePanel>
  );
}
