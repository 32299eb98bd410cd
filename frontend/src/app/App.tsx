import { QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { BrowserRouter } from "react-router";
import { queryClient } from "@/components/api/queryClient";
import { AppRoutes } from "./routes";
import { SessionGate } from "./SessionGate";
import { theme } from "./theme";

export function App() {
  const { i18n } = useTranslation();
  const chinese = i18n.language === "zh-CN";
  useEffect(() => {
    dayjs.locale(chinese ? "zh-cn" : "en");
  }, [chinese]);
  return (
    <QueryClientProvider client={queryClient}>
      <ConfigProvider
        theme={theme}
        locale={chinese ? zhCN : enUS}
        button={{ autoInsertSpace: false }}
        form={{ requiredMark: false }}
      >
        <AntApp message={{ maxCount: 2 }} style={{ height: "100%" }}>
          <BrowserRouter>
            <SessionGate>
              <AppRoutes />
            </SessionGate>
          </BrowserRouter>
        </AntApp>
      </ConfigProvider>
    </QueryClientProvider>
  );
}
