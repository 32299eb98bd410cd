import type { ReactNode } from "react";
import css from "./page.module.css";

interface Props {
  title: ReactNode;
  extra?: ReactNode;
  filters?: ReactNode;
  children: ReactNode;
}

/** Title and filters stay; what is below scrolls. */
export function Page({ title, extra, filters, children }: Props) {
  return (
    <div className={css.page}>
      <div className={css.head}>
        <h1 className={css.title}>{title}</h1>
        <div className={css.extra}>{extra}</div>
      </div>
      {filters && <div className={css.filters}>{filters}</div>}
      <div className={css.body}>{children}</div>
    </div>
  );
}

export function Card(props: {
  title?: ReactNode;
  extra?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={`${css.card} ${props.className ?? ""}`}>
      {(props.title || props.extra) && (
        <div className={css.cardHead}>
          <h2 className={css.cardTitle}>{props.title}</h2>
          {props.extra}
        </div>
      )}
      {props.children}
    </section>
  );
}
