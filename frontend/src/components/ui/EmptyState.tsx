import type { ReactNode } from "react";
import css from "./states.module.css";

interface Props {
  icon: ReactNode;
  title: string;
  hint?: ReactNode;
  action?: ReactNode;
}

/** Says what would be here and what to do so that it is. */
export function EmptyState({ icon, title, hint, action }: Props) {
  return (
    <div className={css.state}>
      <div className={css.icon} aria-hidden>
        {icon}
      </div>
      <div className={css.title}>{title}</div>
      {hint && <div className={css.hint}>{hint}</div>}
      {action && <div className={css.action}>{action}</div>}
    </div>
  );
}
