import { Alert } from "antd";

interface Props {
  type: "error" | "warning" | "info" | "success";
  title: string;
  remedy?: string | null;
  testId?: string;
}

/** What is the matter, and under it what to do. */
export function Notice({ type, title, remedy, testId }: Props) {
  const words = (
    <>
      {title}
      {remedy && <div style={{ marginTop: 4, opacity: 0.75, fontSize: 13 }}>{remedy}</div>}
    </>
  );
  return (
    <Alert type={type} showIcon message={words} style={{ alignItems: "baseline" }} data-testid={testId} />
  );
}
