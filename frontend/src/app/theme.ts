import type { ThemeConfig } from "antd";

const FONTS = [
  "-apple-system",
  "BlinkMacSystemFont",
  '"Segoe UI"',
  '"PingFang SC"',
  '"Microsoft YaHei"',
  '"Noto Sans SC"',
  '"Noto Sans CJK SC"',
  '"Source Han Sans SC"',
  '"WenQuanYi Micro Hei"',
  "sans-serif",
].join(", ");

/** One calm theme: pine green on warm grey; the bright colours are left to the states of a call. */
export const theme: ThemeConfig = {
  cssVar: true,
  hashed: false,
  token: {
    colorPrimary: "#14635c",
    colorInfo: "#2a6f8f",
    colorSuccess: "#2f9e5f",
    colorSuccessBg: "#ebf6f0",
    colorSuccessBorder: "#b9dfc9",
    colorWarning: "#d9822b",
    colorError: "#c5402f",
    colorTextBase: "#1c2826",
    colorBgLayout: "#f4f6f4",
    colorBorder: "#d3dad7",
    colorBorderSecondary: "#e3e8e5",
    borderRadius: 8,
    fontFamily: FONTS,
    fontSize: 14,
    controlHeight: 32,
    colorBgMask: "rgb(20 48 45 / 32%)",
    wireframe: false,
  },
  components: {
    Button: { primaryShadow: "none", defaultShadow: "none" },
    Table: {
      headerBg: "#f8faf9",
      headerColor: "#5c6a67",
      headerSplitColor: "transparent",
      rowHoverBg: "#f3f8f6",
      cellPaddingBlockMD: 11,
      cellPaddingInlineMD: 12,
    },
    Form: { itemMarginBottom: 16, verticalLabelPadding: "0 0 4px" },
    Segmented: { itemSelectedBg: "#ffffff", trackBg: "#edf1ef" },
    Tag: { defaultBg: "#eef1f0" },
    Drawer: { paddingLG: 24 },
  },
};
