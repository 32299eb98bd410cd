import type { ReactNode } from "react";
import css from "./facts.module.css";

export type Fact = [label: string, value: ReactNode];

/** Label over value, in as many columns as fit. Facts without a value are left out. */
export function Facts({ items, width = 160 }: { items: Fact[]; width?: number }) {
  const shown = items.filter(
    ([, value]) => value !== null && value !== undefined && value !== false && value !== "",
  );
  return (
    <dl className={css.facts} style={{ gridTemplateColumns: `repeat(auto-fill, minmax(${width}px, 1fr))` }}>
      {shown.map(([label, value]) => (
        <div key={label}>
          <dt className={css.label}>{label}</dt>
          <dd className={css.value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
