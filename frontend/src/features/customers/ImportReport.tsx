import { Alert, Table } from "antd";
import { useTranslation } from "react-i18next";
import type { ImportResult } from "@/components/api/types";
import { useWord } from "@/components/i18n/useWord";
import css from "./customers.module.css";

/** What an import would do, or did; each line at fault with the way to mend it. */
export function ImportReport({ result, done }: { result: ImportResult | undefined; done: boolean }) {
  const { t } = useTranslation();
  if (!result) return null;
  const figures = [
    [t("import.rows"), result.rows],
    [t("import.created"), result.created],
    [t("import.updated"), result.updated],
    [t("import.unchanged"), result.unchanged],
    [t("import.errors"), result.errors.length + result.errors_left_out],
  ] as const;
  return (
    <div data-testid="import-report" data-done={done}>
      <div className={css.figures}>
        {figures.map(([label, value]) => (
          <div key={label}>
            <strong className="figures">{value}</strong>
            <span>{label}</span>
          </div>
        ))}
      </div>
      {done && <Alert type="success" showIcon message={t("import.done")} />}
      {!done && result.errors.length === 0 && <Alert type="success" showIcon message={t("import.clean")} />}
      {result.errors.length > 0 && <Errors errors={result.errors} />}
      {result.errors_left_out > 0 && (
        <p className={css.more}>{t("import.leftOut", { count: result.errors_left_out })}</p>
      )}
      {result.ignored.length > 0 && (
        <p className={css.more}>{t("import.ignored", { names: result.ignored.join(", ") })}</p>
      )}
    </div>
  );
}

function Errors({ errors }: { errors: ImportResult["errors"] }) {
  const { t } = useTranslation();
  const word = useWord();
  return (
    <Table
      size="small"
      rowKey={(row) => `${row.line}${row.field}${row.code}`}
      dataSource={errors}
      pagination={false}
      scroll={{ y: 240 }}
      columns={[
        { title: t("import.line"), dataIndex: "line", width: 64 },
        { title: t("import.field"), width: 112, render: (_, row) => word("importField", row.field) },
        { title: t("import.value"), dataIndex: "value", width: 144, ellipsis: true },
        {
          title: t("import.reason"),
          render: (_, row) => (
            <>
              {row.title} <span className={css.more}>{row.remedy}</span>
            </>
          ),
        },
      ]}
    />
  );
}
