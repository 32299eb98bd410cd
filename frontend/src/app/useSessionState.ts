import { useQuery, useQueryClient } from "@tanstack/react-query";
import i18next from "i18next";
import { useCallback, useEffect, useMemo, useState } from "react";
import { request, setCsrf, setSignedOutHandler } from "@/components/api/client";
import { asProblem } from "@/components/api/problem";
import type { Me } from "@/components/api/types";
import { asLanguage, type Language } from "@/components/i18n";
import type { Session } from "@/components/session/session";

const KEY = ["session"];

async function fetchMe(): Promise<Me | null> {
  try {
    return await request<Me>("/session");
  } catch (error) {
    if (asProblem(error).status === 401) return null;
    throw error;
  }
}

/** Who is signed in, as the server says. `expired` keeps the last one, so that the screens stay as they were
 *  while the person signs in again. */
export function useSessionState() {
  const client = useQueryClient();
  const query = useQuery({ queryKey: KEY, queryFn: fetchMe, staleTime: Number.POSITIVE_INFINITY });
  const [last, setLast] = useState<Me | null>(null);
  const me = query.data ?? null;

  useEffect(() => setSignedOutHandler(() => client.setQueryData(KEY, null)), [client]);
  // During render, not in an effect: the children's first requests already need the token.
  if (me) setCsrf(me.csrf);
  if (me && me !== last) setLast(me);

  const enter = useCallback(
    (entered: Me) => {
      if (last && last.user.id !== entered.user.id) client.clear();
      client.setQueryData(KEY, entered);
      void i18next.changeLanguage(asLanguage(entered.user.language));
      if (last) void client.invalidateQueries({ predicate: (q) => q.queryKey[0] !== "session" });
    },
    [client, last],
  );

  const kept = me ?? last;
  const session = useMemo<Session | null>(() => {
    if (!kept) return null;
    return {
      me: kept,
      async setLanguage(language: Language) {
        await i18next.changeLanguage(language);
        await request("/session", { method: "PATCH", body: { language } });
        await client.invalidateQueries({ predicate: (q) => q.queryKey[0] !== "session" });
      },
      async signOut() {
        await request("/session", { method: "DELETE" });
        setLast(null);
        client.clear();
        client.setQueryData(KEY, null);
      },
    };
  }, [kept, client]);

  return { query, session, signedIn: me !== null, expired: me === null && last !== null, enter };
}
