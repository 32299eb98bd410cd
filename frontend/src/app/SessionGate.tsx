import { Spin } from "antd";
import i18next from "i18next";
import { type ReactNode, useEffect, useState } from "react";
import { asLanguage } from "@/components/i18n";
import { SessionContext } from "@/components/session/session";
import { ErrorState } from "@/components/ui/ErrorState";
import { SignIn } from "@/features/session/SignIn";
import { useSessionState } from "./useSessionState";

// React 18 passes the attribute through but does not know its type.
const UNREACHABLE = { inert: "" } as object;

/** The screens when somebody is signed in, else the door. The address is left as it is, so that signing in
 *  leads to where the person wanted to go; a session that runs out leaves half-written forms behind the door. */
export function SessionGate({ children }: { children: ReactNode }) {
  const { query, session, signedIn, expired, enter } = useSessionState();
  const language = session?.me.user.language;
  const [first, setFirst] = useState(true);
  useEffect(() => {
    if (!language || !first) return;
    setFirst(false);
    void i18next.changeLanguage(asLanguage(language));
  }, [language, first]);

  if (query.isPending) return <Spin fullscreen delay={400} />;
  if (query.error && !session) return <ErrorState error={query.error} onRetry={() => query.refetch()} />;
  return (
    <>
      {session && (
        <SessionContext.Provider value={session}>
          <div key={session.me.user.id} style={{ height: "100%" }} {...(expired ? UNREACHABLE : {})}>
            {children}
          </div>
        </SessionContext.Provider>
      )}
      {!signedIn && <SignIn expired={expired} onSignedIn={enter} />}
    </>
  );
}
