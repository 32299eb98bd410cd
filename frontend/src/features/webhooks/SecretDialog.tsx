import { CheckOutlined, CopyOutlined } from "@ant-design/icons";
import { Button, Modal, Typography } from "antd";
import { useTranslation } from "react-i18next";
import { Notice } from "@/components/ui/Notice";
import css from "./webhooks.module.css";

/** A secret that the service shows this once. */
export function SecretDialog({ secret, onClose }: { secret: string | null; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      open={secret !== null}
      title={t("webhooks.secretTitle")}
      closable={false}
      maskClosable={false}
      keyboard={false}
      destroyOnHidden
      footer={
        <Button type="primary" onClick={onClose} data-testid="webhook-secret-done">
          {t("webhooks.secretDone")}
        </Button>
      }
    >
      <Notice type="warning" title={t("webhooks.secretLead")} />
      <Typography.Paragraph
        className={css.secret}
        code
        copyable={{
          text: secret ?? "",
          icon: [<CopyOutlined key="copy" />, <CheckOutlined key="copied" />],
          tooltips: [t("webhooks.copy"), t("webhooks.copied")],
        }}
        data-testid="webhook-secret"
      >
        {secret}
      </Typography.Paragraph>
    </Modal>
  );
}
