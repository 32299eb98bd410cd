import { createContext, useContext } from "react";
import type { Me } from "@/components/api/types";
import type { Language } from "@/components/i18n";

export interface Session {
  me: Me;
  setLanguage(language: Language): Promise<void>;
  signOut(): Promise<void>;
}

export const SessionContext = createContext<Session | null>(null);

/** Who is signed in. Only inside the signed-in part of the screens. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession outside the signed-in screens");
  return session;
}
