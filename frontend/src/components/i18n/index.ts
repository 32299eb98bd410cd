import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "./en.json";
import zh from "./zh-CN.json";

export const LANGUAGES = ["zh-CN", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
const STORED = "callcenter.language";

export function asLanguage(value: string | null | undefined): Language {
  return value?.toLowerCase().startsWith("en") ? "en" : "zh-CN";
}

function apply(language: string): void {
  document.documentElement.lang = language;
  document.title = i18next.t("product");
  localStorage.setItem(STORED, language);
}

/** Start with the language last used on this computer; a session's own language follows at sign-in. */
export async function startWords(): Promise<void> {
  i18next.on("languageChanged", apply);
  await i18next.use(initReactI18next).init({
    lng: asLanguage(localStorage.getItem(STORED)),
    resources: { en: { translation: en }, "zh-CN": { translation: zh } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
}
