import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, type InputRef, Segmented, Select } from "antd";
import { type KeyboardEvent, type Ref, useState } from "react";
import { useTranslation } from "react-i18next";
import { newKey, request } from "@/components/api/client";
import { asProblem } from "@/components/api/problem";
import type { TicketKind, TicketRow } from "@/components/api/types";
import { FormProblem, showOnField } from "@/components/ui/FormProblem";
import { KeyHint } from "@/components/ui/KeyHint";
import css from "./ticketForm.module.css";
import { groupsFor, useCategories } from "./useCategories";

export const TICKET_KINDS: TicketKind[] = ["complaint", "repair", "inquiry", "suggestion", "praise"];

interface Fields {
  kind: TicketKind;
  category: string;
  summary: string;
}

interface Props {
  kind?: string | null;
  callId?: string;
  customerId?: string | null;
  /** Kept with the ticket, so that a caller without a record can be called back. */
  callerNumber?: string | null;
  rows?: number;
  factsRef?: Ref<InputRef>;
  onCreated: (ticket: TicketRow) => void;
  /** Whether there are words in the form that are not saved. */
  onDraft?: (dirty: boolean) => void;
}

export const asKind = (kind: string | null | undefined): TicketKind =>
  TICKET_KINDS.find((each) => each === kind) ?? "inquiry";

/** Three fields: kind, category, facts. Ctrl+Enter saves. */
export function TicketForm({
  kind,
  callId,
  customerId,
  callerNumber,
  rows = 5,
  factsRef,
  onCreated,
  onDraft,
}: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [form] = Form.useForm<Fields>();
  // One key until it is saved: a second press, or a try after a lost answer, makes no second ticket.
  const [key, setKey] = useState(newKey);
  const chosen = Form.useWatch("kind", form) ?? asKind(kind);
  const categories = useCategories();
  const save = useMutation({
    mutationFn: (fields: Fields) =>
      request<TicketRow>("/tickets", {
        method: "POST",
        body: { ...fields, call_id: callId, customer_id: customerId, caller_number: callerNumber },
        idempotencyKey: key,
      }),
    onSuccess: (ticket) => {
      setKey(newKey());
      form.resetFields();
      onDraft?.(false);
      void client.invalidateQueries({ queryKey: ["tickets", "list"] });
      onCreated(ticket);
    },
    onError: (error) => showOnField(form, asProblem(error)),
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.submit();
  };
  return (
    <Form
      form={form}
      layout="vertical"
      initialValues={{ kind: asKind(kind) }}
      onFinish={(fields) => save.mutate(fields)}
      onKeyDown={onKeyDown}
      onValuesChange={(_, all: Fields) => onDraft?.(Boolean(all.summary?.trim()))}
      data-testid="ticket-form"
    >
      <Form.Item name="kind" label={t("ticket.kind")}>
        <Segmented
          block
          className={css.kinds}
          options={TICKET_KINDS.map((value) => ({ value, label: t(`ticketKind.${value}`) }))}
          onChange={() => form.setFieldValue("category", undefined)}
          data-testid="ticket-kind"
        />
      </Form.Item>
      <Form.Item
        name="category"
        label={t("ticket.category")}
        rules={[{ required: true, message: t("ticket.categoryNeeded") }]}
      >
        <Select
          showSearch
          optionFilterProp="label"
          placeholder={t("ticket.categoryHint")}
          loading={categories.isPending}
          status={categories.error ? "warning" : undefined}
          options={groupsFor(categories.data?.items ?? [], chosen)}
          data-testid="ticket-category"
        />
      </Form.Item>
      <Form.Item
        name="summary"
        label={t("ticket.facts")}
        rules={[{ required: true, whitespace: true, message: t("ticket.factsNeeded") }]}
      >
        <Input.TextArea
          ref={factsRef}
          rows={rows}
          maxLength={4000}
          placeholder={t("ticket.factsHint")}
          data-testid="ticket-facts"
        />
      </Form.Item>
      <FormProblem error={save.error} form={form} />
      <Button type="primary" htmlType="submit" block loading={save.isPending} data-testid="ticket-save">
        {t("ticket.save")} <KeyHint keys="Ctrl+Enter" light />
      </Button>
    </Form>
  );
}
