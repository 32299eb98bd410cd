import { UserAddOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { newKey, request } from "@/components/api/client";
import { asProblem } from "@/components/api/problem";
import type { Customer, CustomerCard, Pop } from "@/components/api/types";
import { FormProblem, showOnField } from "@/components/ui/FormProblem";
import css from "./pop.module.css";
import { useChooseCaller } from "./useCaller";

interface Fields {
  name: string;
  kind: Customer["kind"];
  phone: string;
  project?: string;
  building?: string;
  room?: string;
}

function bodyOf(fields: Fields) {
  const home = {
    project: fields.project,
    building: fields.building || null,
    unit: null,
    room: fields.room || null,
  };
  return {
    name: fields.name.trim(),
    kind: fields.kind,
    phones: fields.phone ? [{ raw: fields.phone }] : [],
    homes: fields.project ? [home] : [],
  };
}

const cardOf = (customer: Customer): CustomerCard => ({
  ...customer,
  open_tickets: [],
  last_calls: [],
  reason: "chosen",
  reason_params: {},
  tied: false,
});

/** Nobody is known under this number: the shortest form that makes a record, the number filled in. */
export function NewCustomerForm({ pop }: { pop: Pop }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const choose = useChooseCaller(pop);
  const [form] = Form.useForm<Fields>();
  // One key until he is registered: the tries of one form are one request.
  const [key] = useState(newKey);
  const save = useMutation({
    mutationFn: (fields: Fields) =>
      request<Customer>("/customers", { method: "POST", body: bodyOf(fields), idempotencyKey: key }),
    onSuccess: (customer) => {
      choose.mutate(cardOf(customer));
      void client.invalidateQueries({ queryKey: ["customers"] });
    },
    onError: (error) => showOnField(form, asProblem(error)),
  });
  const phone = pop.new_customer?.phone ?? (pop.withheld ? "" : pop.raw_number);
  const kinds = (["person", "household", "firm"] as const).map((value) => ({
    value,
    label: t(`customerKind.${value}`),
  }));
  return (
    <Form
      form={form}
      layout="vertical"
      className={css.newForm}
      initialValues={{ phone, kind: "person" }}
      onFinish={(fields) => save.mutate(fields)}
      data-testid="new-customer-form"
    >
      <p className={css.question}>{pop.withheld ? t("desk.withheldLead") : t("desk.unknownLead")}</p>
      <div className={css.two}>
        <Form.Item
          name="name"
          label={t("customer.name")}
          rules={[{ required: true, whitespace: true, message: t("customer.nameNeeded") }]}
        >
          <Input data-testid="new-customer-name" />
        </Form.Item>
        <Form.Item name="phone" label={t("customer.phone")}>
          <Input data-testid="new-customer-phone" />
        </Form.Item>
      </div>
      <div className={css.four}>
        <Form.Item name="kind" label={t("customer.kind")}>
          <Select options={kinds} />
        </Form.Item>
        <Form.Item name="project" label={t("home.project")}>
          <Input placeholder={t("home.projectHint")} />
        </Form.Item>
        <Form.Item name="building" label={t("home.buildingLabel")}>
          <Input />
        </Form.Item>
        <Form.Item name="room" label={t("home.room")}>
          <Input />
        </Form.Item>
      </div>
      <FormProblem error={save.error} form={form} />
      <Button
        htmlType="submit"
        icon={<UserAddOutlined />}
        loading={save.isPending}
        data-testid="new-customer-save"
      >
        {t("desk.register")}
      </Button>
    </Form>
  );
}
