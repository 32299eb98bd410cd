import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { HookShown } from "@/components/api/types";
import { Facts } from "@/components/ui/Facts";
import { Notice } from "@/components/ui/Notice";
import { Card } from "@/components/ui/Page";
import css from "./system.module.css";

/** Other people's code that is installed, and what is switched on and is not. */
export function HooksCard({ hooks }: { hooks: HookShown[] }) {
  const { t } = useTranslation();
  if (hooks.length === 0) return null;
  const missing = hooks.filter(({ state }) => state === "missing");
  const there = hooks.filter(({ state }) => state !== "missing");
  return (
    <Card title={t("system.hooks")}>
      <div className={css.hooks}>
        {missing.map(({ name, installed }) => (
          <Notice
            key={name}
            type="error"
            title={t("system.hookMissing", { name })}
            remedy={t("system.hookMissingRemedy", { installed })}
            testId="system-hook-missing"
          />
        ))}
        {there.length > 0 && (
          <Facts
            width={360}
            items={there.map(({ name, kind, package: source, state }): [string, React.ReactNode] => [
              name,
              <span key={`${kind} ${name}`} data-testid="system-hook">
                <Tag bordered={false} color={state === "on" ? "green" : "default"}>
                  {t(state === "on" ? "system.hookOn" : "system.hookOff")}
                </Tag>
                <span className={css.faint}>
                  {t(`system.hookKind.${kind ?? "events"}`)} · {source}
                </span>
              </span>,
            ])}
          />
        )}
      </div>
    </Card>
  );
}
