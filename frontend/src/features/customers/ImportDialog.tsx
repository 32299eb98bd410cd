import { InboxOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Modal, Upload } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "@/components/api/client";
import type { ImportResult } from "@/components/api/types";
import { FormProblem } from "@/components/ui/FormProblem";
import css from "./customers.module.css";
import { ImportReport } from "./ImportReport";

async function send(file: File, dryRun: boolean): Promise<ImportResult> {
  const form = new FormData();
  form.append("file", file);
  return request<ImportResult>("/customers/import", { method: "POST", form, query: { dry_run: dryRun } });
}

/** Choose a file, see what it would do, then do it. */
export default function ImportDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const trial = useMutation({ mutationFn: (chosen: File) => send(chosen, true) });
  const commit = useMutation({
    mutationFn: (chosen: File) => send(chosen, false),
    onSuccess: () => client.invalidateQueries({ queryKey: ["customers"] }),
  });
  const choose = (chosen: File) => {
    setFile(chosen);
    commit.reset();
    trial.mutate(chosen);
    return false;
  };
  const usable = trial.data && trial.data.created + trial.data.updated > 0;
  const footer = commit.data ? (
    <Button type="primary" onClick={onClose} data-testid="import-close">
      {t("action.close")}
    </Button>
  ) : (
    <>
      <Button onClick={onClose}>{t("action.cancel")}</Button>
      <Button
        type="primary"
        disabled={!usable || !file}
        loading={commit.isPending}
        onClick={() => file && commit.mutate(file)}
        data-testid="import-commit"
      >
        {usable
          ? t("import.commit", { count: trial.data.created + trial.data.updated })
          : t("import.commitNone")}
      </Button>
    </>
  );
  return (
    <Modal open title={t("import.title")} width={760} onCancel={onClose} footer={footer}>
      {!commit.data && (
        <Upload.Dragger
          accept=".csv,text/csv"
          beforeUpload={choose}
          showUploadList={false}
          className={css.drop}
        >
          <InboxOutlined className={css.dropIcon} />
          <div className={css.dropTitle}>{file ? file.name : t("import.drop")}</div>
          <div className={css.more}>{t("import.columns")}</div>
        </Upload.Dragger>
      )}
      <FormProblem error={trial.error ?? commit.error} />
      {(commit.data ?? trial.data) && (
        <ImportReport result={commit.data ?? trial.data} done={Boolean(commit.data)} />
      )}
    </Modal>
  );
}
