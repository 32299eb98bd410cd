import { Segmented } from "antd";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";

/** Where events go, or what was sent. */
export function ViewSwitch({ view }: { view: "endpoints" | "deliveries" }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <Segmented
      value={view}
      onChange={(next) => navigate(next === "deliveries" ? "/webhooks/deliveries" : "/webhooks")}
      options={[
        { value: "endpoints", label: t("webhooks.endpoints") },
        { value: "deliveries", label: t("webhooks.deliveries") },
      ]}
      data-testid="webhooks-view"
    />
  );
}
