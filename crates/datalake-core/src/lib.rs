//! The pure core of datalake: values, plans, receipts.
