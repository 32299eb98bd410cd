import { ReloadOutlined, WarningOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/components/api/problem";
import css from "./states.module.css";

/** What went wrong, how to mend it, and a way to ask again. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const problem = asProblem(error);
  return (
    <div className={css.state} role="alert" data-testid="error-state">
      <div className={`${css.icon} ${css.bad}`} aria-hidden>
        <WarningOutlined />
      </div>
      <div className={css.title}>{problem.title}</div>
      {problem.remedy && <div className={css.hint}>{problem.remedy}</div>}
      {onRetry && (
        <div className={css.action}>
          <Button icon={<ReloadOutlined />} onClick={onRetry}>
            {t("action.retry")}
          </Button>
        </div>
      )}
    </div>
  );
}
