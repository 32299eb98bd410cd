import { Button } from "antd";
import { useTranslation } from "react-i18next";
import css from "./loadMore.module.css";

interface Props {
  count: number;
  hasMore: boolean;
  loading: boolean;
  onMore: () => void;
}

export function LoadMore({ count, hasMore, loading, onMore }: Props) {
  const { t } = useTranslation();
  return (
    <div className={css.foot}>
      <span>{t("list.shown", { count })}</span>
      {hasMore && (
        <Button loading={loading} onClick={onMore} data-testid="load-more">
          {t("list.more")}
        </Button>
      )}
    </div>
  );
}
