import { PlusOutlined, SearchOutlined, TeamOutlined, UploadOutlined } from "@ant-design/icons";
import { Button, Input } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import type { CustomerRow } from "@/components/api/types";
import { usePages } from "@/components/api/usePages";
import { useSession } from "@/components/session/session";
import { DataTable } from "@/components/ui/DataTable";
import { EmptyState } from "@/components/ui/EmptyState";
import { Page } from "@/components/ui/Page";
import { useDebounced } from "@/components/ui/useDebounced";
import { CustomerDrawer } from "./CustomerDrawer";
import { useCustomerColumns } from "./columns";

const ImportDialog = lazy(() => import("./ImportDialog"));

export default function CustomersPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { id } = useParams();
  const { permissions } = useSession().me;
  const [q, setQ] = useState("");
  const [importing, setImporting] = useState(false);
  const still = useDebounced(q.trim());
  const list = usePages<CustomerRow>("/customers", { q: still });
  const columns = useCustomerColumns();
  const importButton = permissions.includes("customers.import") && (
    <Button icon={<UploadOutlined />} onClick={() => setImporting(true)} data-testid="customers-import">
      {t("customers.import")}
    </Button>
  );
  return (
    <Page
      title={t("nav.customers")}
      extra={
        <>
          {importButton}
          <Button
            type="primary"
            icon={<PlusOutlined />}
            onClick={() => navigate("/customers/new")}
            data-testid="customers-new"
          >
            {t("customers.new")}
          </Button>
        </>
      }
      filters={
        <Input
          style={{ width: 360 }}
          prefix={<SearchOutlined />}
          placeholder={t("customers.search")}
          value={q}
          onChange={(event) => setQ(event.target.value)}
          allowClear
          data-testid="customers-search"
        />
      }
    >
      <DataTable
        list={list}
        columns={columns}
        testId="customer-row"
        onOpen={(row) => navigate(`/customers/${row.id}`)}
        empty={
          <EmptyState
            icon={<TeamOutlined />}
            title={q ? t("list.nothingFound") : t("customers.none")}
            hint={q ? t("customers.nothingFoundHint") : t("customers.noneHint")}
            action={!q && importButton}
          />
        }
      />
      <CustomerDrawer
        id={id ?? null}
        onClose={() => navigate("/customers")}
        onOpen={(next) => navigate(`/customers/${next}`)}
      />
      <Suspense>{importing && <ImportDialog onClose={() => setImporting(false)} />}</Suspense>
    </Page>
  );
}
