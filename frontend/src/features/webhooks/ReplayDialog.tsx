import { useMutation } from "@tanstack/react-query";
import { Button, Checkbox, DatePicker, Form, Modal } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { newKey, request } from "@/components/api/client";
import { asProblem } from "@/components/api/problem";
import type { Webhook } from "@/components/api/types";
import { serverNow } from "@/components/format/clock";
import { useSession } from "@/components/session/session";
import { FormProblem, showOnField } from "@/components/ui/FormProblem";
import { Notice } from "@/components/ui/Notice";
import { useRefresh } from "./useWebhooks";
import css from "./webhooks.module.css";
import { momentOf, wallOf } from "./zoned";

interface Fields {
  until: [Dayjs, Dayjs];
  missing: boolean;
}

const HOUR = 3_600_000;

/** Which time is sent again; times are the firm's. */
export function ReplayDialog({ endpoint, onClose }: { endpoint: Webhook; onClose: () => void }) {
  const { t } = useTranslation();
  const { timezone } = useSession().me.firm;
  const refresh = useRefresh();
  const [form] = Form.useForm<Fields>();
  // A try after a lost answer goes on with the same replay.
  const [key, setKey] = useState(newKey);
  const replay = useMutation({
    mutationFn: ({ until: [from, to], missing }: Fields) =>
      request<{ count: number }>(`/webhooks/${endpoint.id}/replay`, {
        method: "POST",
        body: { since: momentOf(from, timezone), until: momentOf(to, timezone), missing },
        idempotencyKey: key,
      }),
    onSuccess: () => {
      setKey(newKey());
      refresh();
    },
    onError: (error) => showOnField(form, asProblem(error)),
  });
  const last = (hours: number): [Dayjs, Dayjs] => {
    const now = serverNow();
    return [wallOf(now - hours * HOUR, timezone), wallOf(now + 1000, timezone)];
  };
  const presets = [
    { label: t("replay.lastHour"), value: () => last(1) },
    { label: t("replay.lastDay"), value: () => last(24) },
    { label: t("replay.lastWeek"), value: () => last(168) },
  ].map(({ label, value }) => ({ label, value: value() }));
  return (
    <Modal
      open
      title={t("replay.title")}
      width={560}
      onCancel={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("action.close")}</Button>
          <Button type="primary" loading={replay.isPending} onClick={form.submit} data-testid="replay-start">
            {t("replay.start")}
          </Button>
        </>
      }
    >
      <p className={css.lead}>{t("replay.lead")}</p>
      <Form
        form={form}
        layout="vertical"
        initialValues={{ until: last(1), missing: true }}
        onValuesChange={() => replay.reset()}
        onFinish={(fields) => replay.mutate(fields)}
      >
        <Form.Item
          name="until"
          label={t("replay.range")}
          rules={[{ required: true, message: t("replay.rangeNeeded") }]}
        >
          <DatePicker.RangePicker showTime presets={presets} allowClear={false} style={{ width: "100%" }} />
        </Form.Item>
        <Form.Item name="missing" valuePropName="checked">
          <Checkbox data-testid="replay-missing">{t("replay.missing")}</Checkbox>
        </Form.Item>
        <FormProblem error={replay.error} form={form} />
      </Form>
      {replay.data && <Outcome count={replay.data.count} />}
    </Modal>
  );
}

function Outcome({ count }: { count: number }) {
  const { t } = useTranslation();
  const title = count > 0 ? t("replay.done", { count }) : t("replay.nothing");
  return <Notice type={count > 0 ? "success" : "info"} title={title} testId="replay-done" />;
}
