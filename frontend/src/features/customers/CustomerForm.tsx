import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, Segmented, Select, Space } from "antd";
import { useTranslation } from "react-i18next";
import { request } from "@/components/api/client";
import { asProblem } from "@/components/api/problem";
import type { Customer } from "@/components/api/types";
import { FormProblem, showOnField } from "@/components/ui/FormProblem";
import { bodyOf, type CustomerFields, fieldsOf } from "./customerFields";
import css from "./customers.module.css";
import { HomesField, PhonesField } from "./ListFields";

interface Props {
  customer: Customer | null;
  onCancel: () => void;
  onSaved: (customer: Customer) => void;
}

export function CustomerForm({ customer, onCancel, onSaved }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [form] = Form.useForm<CustomerFields>();
  const save = useMutation({
    mutationFn: (fields: CustomerFields) =>
      customer
        ? request<Customer>(`/customers/${customer.id}`, {
            method: "PATCH",
            body: bodyOf(fields),
            version: customer.version,
          })
        : request<Customer>("/customers", { method: "POST", body: bodyOf(fields) }),
    onSuccess: (saved) => {
      void client.invalidateQueries({ queryKey: ["customers"] });
      onSaved(saved);
    },
    onError: (error) => showOnField(form, asProblem(error)),
  });
  const kinds = (["person", "household", "firm"] as const).map((value) => ({
    value,
    label: t(`customerKind.${value}`),
  }));
  return (
    <Form
      form={form}
      layout="vertical"
      initialValues={fieldsOf(customer)}
      onFinish={(fields) => save.mutate(fields)}
      data-testid="customer-form"
    >
      <div className={css.formRow}>
        <Form.Item
          name="name"
          label={t("customer.name")}
          rules={[{ required: true, whitespace: true, message: t("customer.nameNeeded") }]}
        >
          <Input autoFocus data-testid="customer-name" />
        </Form.Item>
        <Form.Item name="kind" label={t("customer.kind")}>
          <Select options={kinds} />
        </Form.Item>
        <Form.Item name="grade" label={t("customer.grade")}>
          <Segmented block options={["A", "B", "C", "D"]} />
        </Form.Item>
      </div>
      <PhonesField />
      <HomesField />
      <Form.Item name="tags" label={t("customer.tags")}>
        <Select mode="tags" placeholder={t("customer.tagsHint")} tokenSeparators={[",", "，", ";", "；"]} />
      </Form.Item>
      <Form.Item name="note" label={t("customer.note")}>
        <Input.TextArea autoSize={{ minRows: 2, maxRows: 6 }} maxLength={2000} />
      </Form.Item>
      <FormProblem error={save.error} form={form} />
      <Space>
        <Button type="primary" htmlType="submit" loading={save.isPending} data-testid="customer-save">
          {t("action.save")}
        </Button>
        <Button onClick={onCancel}>{t("action.cancel")}</Button>
      </Space>
    </Form>
  );
}
