import { useEffect, useRef } from "react";

export type Shortcuts = Partial<Record<string, () => void>>;

/** Alt+R is the physical key R: with Alt held, a Mac or a Chinese input method types something else. */
function chordOf(event: KeyboardEvent): string {
  const key = event.code.replace(/^Key|^Digit/, "");
  return [event.ctrlKey || event.metaKey ? "Ctrl" : "", event.altKey ? "Alt" : "", key]
    .filter(Boolean)
    .join("+");
}

/** Keys that work anywhere on the screen. A handler left out leaves the key to the browser. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const handler = event.isComposing ? undefined : latest.current[chordOf(event)];
      if (!handler) return;
      event.preventDefault();
      handler();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
