import css from "./keyHint.module.css";

/** A key or chord, as printed on the keyboard: "Alt+R". */
export function KeyHint({ keys, light }: { keys: string; light?: boolean }) {
  return <kbd className={`${css.key} ${light ? css.light : ""}`}>{keys}</kbd>;
}
