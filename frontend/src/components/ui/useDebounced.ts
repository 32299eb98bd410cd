import { useEffect, useState } from "react";

/** A value once it has been still for a while: a search is asked for when the typing pauses. */
export function useDebounced<T>(value: T, ms = 250): T {
  const [still, setStill] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setStill(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return still;
}
