import { useTranslation } from "react-i18next";
import type { Attempt } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { Result } from "./tags";
import css from "./webhooks.module.css";

/** What each try brought. */
export function AttemptList({ attempts }: { attempts: Attempt[] }) {
  const { t } = useTranslation();
  const { full } = useTimes();
  return (
    <div>
      <h3 className={css.heading}>{t("delivery.tries")}</h3>
      {attempts.length === 0 && <p className={css.lead}>{t("delivery.noTries")}</p>}
      <ol className={css.attempts}>
        {attempts.map((each, place) => (
          <li key={each.at}>
            <div className={css.attempt}>
              <span className="figures">{full(each.at)}</span>
              <Result status={each.status} error={each.error} />
              <span className={`figures ${css.faint}`}>{t("delivery.took", { ms: each.ms })}</span>
            </div>
            {each.excerpt && <div className={css.excerpt}>{each.excerpt}</div>}
            {place === 0 && (each.error === "redirected" || each.error === "forbidden") && (
              <div className={css.hint}>{t(`delivery.hint.${each.error}`)}</div>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}
