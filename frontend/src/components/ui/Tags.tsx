import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { CallRow, Crm } from "@/components/api/types";
import { useWord } from "@/components/i18n/useWord";
import css from "./tags.module.css";

const OUTCOME: Record<string, string> = {
  active: "cyan",
  answered: "green",
  abandoned: "warning",
  in_menu: "default",
  failed: "error",
  cut: "error",
  merged: "default",
};

export function OutcomeTag({ outcome }: { outcome: string }) {
  const word = useWord();
  return (
    <Tag bordered={false} color={OUTCOME[outcome]}>
      {word("outcome", outcome)}
    </Tag>
  );
}

const KIND: Record<string, string> = {
  complaint: "volcano",
  inquiry: "geekblue",
  suggestion: "purple",
  repair: "gold",
  praise: "green",
};

export function KindTag({ kind }: { kind: string }) {
  const word = useWord();
  return (
    <Tag bordered={false} color={KIND[kind]}>
      {word("ticketKind", kind)}
    </Tag>
  );
}

export function StatusTag({ status }: { status: string }) {
  const { t } = useTranslation();
  const open = status === "open";
  return (
    <Tag bordered={false} color={open ? "cyan" : "default"}>
      {open ? t("ticketStatus.open") : t("ticketStatus.closed")}
    </Tag>
  );
}

const CRM: Record<Crm["state"], string> = { off: "default", pending: "gold", sent: "green", failed: "error" };

/** Nothing where no other CRM is connected: there is nothing to tell. */
export function CrmTag({ state }: { state: Crm["state"] }) {
  const { t } = useTranslation();
  if (state === "off") return null;
  return (
    <Tag bordered={false} color={CRM[state]} data-testid="ticket-crm-state" data-state={state}>
      {t(`crm.${state}`)}
    </Tag>
  );
}

const TRANSCRIPT: Record<string, string> = {
  waiting: "default",
  running: "cyan",
  done: "green",
  failed: "error",
};

export function TranscriptTag({ state }: { state: CallRow["transcript_state"] }) {
  const { t } = useTranslation();
  if (state === "none") return <span className={css.faint}>–</span>;
  return (
    <Tag bordered={false} color={TRANSCRIPT[state]}>
      {t(`transcript.state.${state}`)}
    </Tag>
  );
}

/** Grade A to D of a customer, A being the one to take most care of. */
export function Grade({ grade, large }: { grade: string; large?: boolean }) {
  const { t } = useTranslation();
  const classes = [css.grade, css[`grade${grade}`], large ? css.large : ""].join(" ");
  return (
    <span className={classes} title={t("customer.gradeOf", { grade })}>
      {grade}
    </span>
  );
}
