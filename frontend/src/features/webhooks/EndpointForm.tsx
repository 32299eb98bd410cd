import { useMutation } from "@tanstack/react-query";
import { Button, Form, Input, Space, Switch } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { newKey, request } from "@/components/api/client";
import { asProblem } from "@/components/api/problem";
import type { Webhook, WebhookDraft, WebhookWithSecret } from "@/components/api/types";
import { FormProblem, showOnField } from "@/components/ui/FormProblem";
import { EventTypesField } from "./EventTypesField";
import { useRefresh } from "./useWebhooks";
import css from "./webhooks.module.css";

interface Props {
  endpoint: Webhook | null;
  onCancel: () => void;
  onSaved: (endpoint: Webhook, secret?: string) => void;
}

interface Saved {
  webhook: Webhook;
  secret?: string;
}

export function EndpointForm({ endpoint, onCancel, onSaved }: Props) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const [form] = Form.useForm<WebhookDraft>();
  // One key until it is saved: a try after a lost answer makes no second endpoint, and shows the same secret.
  const [key] = useState(newKey);
  const url = Form.useWatch("url", form) ?? "";
  const save = useMutation({
    mutationFn: async (body: WebhookDraft): Promise<Saved> =>
      endpoint
        ? {
            webhook: await request<Webhook>(`/webhooks/${endpoint.id}`, {
              method: "PATCH",
              body,
              version: endpoint.version,
            }),
          }
        : request<WebhookWithSecret>("/webhooks", { method: "POST", body, idempotencyKey: key }),
    onSuccess: ({ webhook, secret }) => {
      refresh();
      onSaved(webhook, secret);
    },
    onError: (error) => showOnField(form, asProblem(error)),
  });
  return (
    <Form
      form={form}
      layout="vertical"
      className={css.form}
      initialValues={endpoint ?? { url: "", description: "", event_types: [], enabled: true }}
      onFinish={(fields) => save.mutate(fields)}
      data-testid="webhook-form"
    >
      <Form.Item
        name="url"
        label={t("webhooks.url")}
        rules={[{ required: true, whitespace: true, message: t("webhooks.urlNeeded") }]}
        extra={url.startsWith("http:") && t("webhooks.plain")}
      >
        <Input autoFocus placeholder={t("webhooks.urlHint")} maxLength={2000} data-testid="webhook-url" />
      </Form.Item>
      <Form.Item name="description" label={t("webhooks.description")}>
        <Input
          placeholder={t("webhooks.descriptionHint")}
          maxLength={200}
          data-testid="webhook-description"
        />
      </Form.Item>
      <EventTypesField />
      <Form.Item
        name="enabled"
        label={t("webhooks.enabled")}
        valuePropName="checked"
        extra={t("webhooks.enabledHint")}
      >
        <Switch data-testid="webhook-enabled" />
      </Form.Item>
      <FormProblem error={save.error} form={form} />
      <Space>
        <Button type="primary" htmlType="submit" loading={save.isPending} data-testid="webhook-save">
          {t("action.save")}
        </Button>
        <Button onClick={onCancel}>{t("action.cancel")}</Button>
      </Space>
    </Form>
  );
}
