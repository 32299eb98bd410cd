import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Form, Input, Select } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import css from "./customers.module.css";

const LABELS = ["mobile", "home", "work", "family"] as const;

interface ListProps {
  name: string;
  label: string;
  add: string;
  className?: string;
  row: (index: number) => ReactNode;
}

/** Rows that can be added and taken away. */
function ListField({ name, label, add, className, row }: ListProps) {
  const { t } = useTranslation();
  return (
    <Form.Item label={label}>
      <Form.List name={name}>
        {(rows, { add: append, remove }) => (
          <>
            {rows.map((each) => (
              <div key={each.key} className={className}>
                {row(each.name)}
                <Button
                  type="text"
                  icon={<DeleteOutlined />}
                  aria-label={t("action.remove")}
                  onClick={() => remove(each.name)}
                />
              </div>
            ))}
            <Button type="dashed" size="small" icon={<PlusOutlined />} onClick={() => append({})}>
              {add}
            </Button>
          </>
        )}
      </Form.List>
    </Form.Item>
  );
}

export function PhonesField() {
  const { t } = useTranslation();
  const labels = LABELS.map((value) => ({ value, label: t(`phoneLabel.${value}`) }));
  return (
    <ListField
      name="phones"
      label={t("customer.phones")}
      add={t("customer.addPhone")}
      className={css.phoneRow}
      row={(index) => (
        <>
          <Form.Item name={[index, "raw"]}>
            <Input placeholder={t("customer.phoneHint")} data-testid="customer-phone" />
          </Form.Item>
          <Form.Item name={[index, "label"]}>
            <Select allowClear placeholder={t("customer.phoneLabel")} options={labels} />
          </Form.Item>
        </>
      )}
    />
  );
}

export function HomesField() {
  const { t } = useTranslation();
  return (
    <ListField
      name="homes"
      label={t("customer.homes")}
      add={t("customer.addHome")}
      className={css.homeRow}
      row={(index) => (
        <>
          <Form.Item name={[index, "project"]} rules={[{ required: true, message: t("home.projectNeeded") }]}>
            <Input placeholder={t("home.project")} />
          </Form.Item>
          <Form.Item name={[index, "building"]}>
            <Input placeholder={t("home.buildingLabel")} />
          </Form.Item>
          <Form.Item name={[index, "unit"]}>
            <Input placeholder={t("home.unitLabel")} />
          </Form.Item>
          <Form.Item name={[index, "room"]}>
            <Input placeholder={t("home.room")} />
          </Form.Item>
        </>
      )}
    />
  );
}
