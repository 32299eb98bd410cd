import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, Select } from "antd";
import type { TextAreaRef } from "antd/es/input/TextArea";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { request } from "@/components/api/client";
import { asProblem } from "@/components/api/problem";
import type { Pop } from "@/components/api/types";
import { DISPOSITIONS } from "@/components/i18n/dispositions";
import { FormProblem, showOnField } from "@/components/ui/FormProblem";
import { useDesk } from "./desk";
import { useShortcuts } from "./shortcuts";
import { useDismiss } from "./useCaller";
import { useNote } from "./useNote";
import css from "./work.module.css";

interface Fields {
  code: string;
  note?: string;
}

/** How the call ended, in one choice and a few words, which are kept while they are written. Saved after the call, it
 *  clears the desk. */
export function AfterCall({ pop, active }: { pop: Pop | null; active: boolean }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const { dispatch } = useDesk();
  const dismiss = useDismiss();
  const [form] = Form.useForm<Fields>();
  const note = useRef<TextAreaRef>(null);
  const saver = useNote(
    pop,
    form,
    () => document.activeElement === note.current?.resizableTextArea?.textArea,
  );
  useShortcuts(active ? { "Alt+N": () => note.current?.focus() } : {});
  const draft = (dirty: boolean) =>
    pop && dispatch({ type: "draft", call_id: pop.call_id, form: "note", dirty });
  const save = useMutation({
    mutationFn: (fields: Fields) =>
      request(`/calls/${pop?.call_id}/disposition`, { method: "PUT", body: { note: "", ...fields } }),
    onSuccess: () => {
      draft(false);
      message.success(t("desk.saved"));
      void client.invalidateQueries({ queryKey: ["calls"] });
      if (pop?.state === "ended") dismiss(pop.call_id);
    },
    onError: (error) => showOnField(form, asProblem(error)),
  });
  return (
    <Form
      form={form}
      className={css.after}
      onValuesChange={(changed: Partial<Fields>, all: Fields) => {
        draft(Boolean(all.note?.trim()));
        if (pop && changed.note !== undefined) saver.write(changed.note);
      }}
      onFinish={(fields) => {
        saver.drop();
        save.mutate(fields);
      }}
      onKeyDown={(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.submit()}
    >
      <h2 className={css.head}>{t("desk.afterCall")}</h2>
      <Form.Item name="code" rules={[{ required: true, message: t("desk.dispositionNeeded") }]}>
        <Select
          placeholder={t("desk.disposition")}
          options={DISPOSITIONS.map((value) => ({ value, label: t(`disposition.${value}`) }))}
          data-testid="disposition"
        />
      </Form.Item>
      <Form.Item name="note">
        <Input.TextArea
          ref={note}
          placeholder={t("desk.note")}
          maxLength={500}
          autoSize={{ minRows: 2, maxRows: 4 }}
          data-testid="disposition-note"
        />
      </Form.Item>
      <FormProblem error={save.error} form={form} />
      <Button htmlType="submit" block loading={save.isPending} data-testid="disposition-save">
        {pop?.state === "ended" ? t("desk.finish") : t("desk.saveNote")}
      </Button>
    </Form>
  );
}
