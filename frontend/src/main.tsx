import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { startWords } from "@/components/i18n";
import "@/app/global.css";

async function start(): Promise<void> {
  await startWords();
  const root = document.getElementById("root");
  if (root) createRoot(root).render(<App />);
}

void start();
