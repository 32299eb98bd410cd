import { EditOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Skeleton } from "antd";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "@/components/api/client";
import { ErrorState } from "./ErrorState";
import { SidePanel } from "./SidePanel";

/** What a form is given: the record as it was when editing began (null: one to be), and what to call when the person
 *  is done with it. */
export interface Editing<T> {
  record: T | null;
  onCancel: () => void;
  onSaved: (saved: { id: string }) => void;
}

interface Props<T> {
  /** null: closed; `new`: one to be. */
  id: string | null;
  /** Of the API, such as "/customers". */
  path: string;
  title: (record: T | null, editing: boolean) => ReactNode;
  form: (editing: Editing<T>) => ReactNode;
  view: (record: T) => ReactNode;
  onClose: () => void;
  onOpen: (id: string) => void;
  editTestId: string;
}

/** One record beside its list, to be read and changed. */
export function RecordPanel<T>({ id, path, title, form, view, onClose, onOpen, editTestId }: Props<T>) {
  const { t } = useTranslation();
  // Lists are read again under an open form. A form that took the newer version along would write over what somebody
  // else saved meanwhile; with the version it began from, the server refuses it.
  const [edited, setEdited] = useState<T | null>(null);
  const editing = edited !== null;
  const isNew = id === "new";
  useEffect(() => setEdited(null), [id]);
  const query = useQuery({
    queryKey: [path.slice(1), "one", id],
    queryFn: () => request<T>(`${path}/${id}`),
    enabled: id !== null && !isNew,
  });
  const record = isNew ? null : (query.data ?? null);
  const writing = isNew || editing;
  const edit = (
    <Button icon={<EditOutlined />} onClick={() => setEdited(record)} data-testid={editTestId}>
      {t("action.edit")}
    </Button>
  );
  return (
    <SidePanel
      open={id !== null}
      onClose={onClose}
      width={640}
      title={title(record, editing)}
      extra={record && !editing && edit}
      destroyOnHidden
    >
      {writing &&
        form({
          record: isNew ? null : edited,
          onCancel: () => {
            if (isNew) return onClose();
            setEdited(null);
            // After a refusal, the version to begin from again.
            void query.refetch();
          },
          onSaved: (saved) => {
            setEdited(null);
            onOpen(saved.id);
          },
        })}
      {!writing && query.isPending && <Skeleton active />}
      {!writing && query.error && <ErrorState error={query.error} onRetry={() => query.refetch()} />}
      {!writing && record && view(record)}
    </SidePanel>
  );
}
