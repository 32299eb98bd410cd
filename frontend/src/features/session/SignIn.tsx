import { LockOutlined, TranslationOutlined, UserOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "@/components/api/client";
import { asProblem } from "@/components/api/problem";
import type { Me } from "@/components/api/types";
import { FormProblem, showOnField } from "@/components/ui/FormProblem";
import { SignInAside } from "./SignInAside";
import css from "./signIn.module.css";

interface Fields {
  username: string;
  password: string;
}

interface Props {
  expired: boolean;
  onSignedIn: (me: Me) => void;
}

export function SignIn({ expired, onSignedIn }: Props) {
  const { t, i18n } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const [capsLock, setCapsLock] = useState(false);
  const signIn = useMutation({
    mutationFn: (body: Fields) => request<Me>("/session", { method: "POST", body }),
    onSuccess: onSignedIn,
    onError: (error) => showOnField(form, asProblem(error)),
  });
  const other = i18n.language === "en" ? "zh-CN" : "en";
  return (
    <div className={css.door}>
      <SignInAside />
      <main className={css.main}>
        <Button
          className={css.language}
          type="text"
          icon={<TranslationOutlined />}
          onClick={() => i18n.changeLanguage(other)}
          data-testid="language"
        >
          {other === "en" ? "English" : "中文"}
        </Button>
        <Form
          form={form}
          layout="vertical"
          size="large"
          className={css.form}
          onFinish={(values) => signIn.mutate(values)}
        >
          <h1 className={css.title}>{t("session.title")}</h1>
          <p className={css.lead}>{t("session.lead")}</p>
          {expired && <Alert type="info" showIcon message={t("session.expired")} className={css.notice} />}
          <Form.Item
            name="username"
            label={t("session.username")}
            rules={[{ required: true, message: t("session.usernameNeeded") }]}
          >
            <Input
              prefix={<UserOutlined />}
              autoFocus
              autoComplete="username"
              data-testid="sign-in-username"
            />
          </Form.Item>
          <Form.Item
            name="password"
            label={t("session.password")}
            rules={[{ required: true, message: t("session.passwordNeeded") }]}
            extra={<span className={css.caps}>{capsLock ? t("session.capsLock") : " "}</span>}
          >
            <Input.Password
              prefix={<LockOutlined />}
              autoComplete="current-password"
              onKeyUp={(event) => setCapsLock(event.getModifierState("CapsLock"))}
              data-testid="sign-in-password"
            />
          </Form.Item>
          <FormProblem error={signIn.error} form={form} />
          <Button
            type="primary"
            htmlType="submit"
            block
            loading={signIn.isPending}
            data-testid="sign-in-submit"
          >
            {t("session.signIn")}
          </Button>
        </Form>
      </main>
    </div>
  );
}
