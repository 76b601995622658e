//! Port `store`: text by key in one IndexedDB object store, for the vault and for what the vat kept before it had a journal. The
//! database runs overlapping transactions in the order they were made, and each operation makes its own before it first waits: so
//! writes keep their order and reads see them.
use crate::js;
use peerd_agent::actors::wire::Store as Op;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbTransaction, IdbTransactionMode};

const DATABASE: &str = "peerd";
const TABLE: &str = "store";

/// Keys of the host's own; the vat neither sees nor changes them.
pub const VAULT: &str = "vault/";

pub struct Store {
    database: IdbDatabase,
}

impl Store {
    pub async fn open() -> Result<Store, JsValue> {
        let factory = js::scope().indexed_db()?.ok_or("no IndexedDB here")?;
        let request: IdbOpenDbRequest = factory.open_with_u32(DATABASE, 1)?;
        let opening = request.clone();
        let upgrade = Closure::once(move || {
            let database: IdbDatabase = opening.result().expect("an upgrade has a database").unchecked_into();
            database.create_object_store(TABLE).expect("a new database has no such table");
        });
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let database = js::settled(&request).await?.unchecked_into();
        Ok(Store { database })
    }

    /// Does what the vat asks.
    pub async fn perform(&self, op: Op) -> Result<Value, String> {
        let key = match &op {
            Op::Get { key } | Op::Delete { key } => key,
            Op::List { prefix } => prefix,
        };
        if key.starts_with(VAULT) {
            return Err("these keys are the host's".into());
        }
        let done = match op {
            Op::Get { key } => self.get(&key).await.map(|value| json!({"value": value})),
            Op::Delete { key } => self.delete(&key).await.map(|()| json!({})),
            Op::List { prefix } => self.list(&prefix).await.map(|keys| keys.into_iter().filter(|key| !key.starts_with(VAULT)).collect()),
        };
        done.map_err(|error| js::why(&error))
    }

    pub async fn get(&self, key: &str) -> Result<Option<String>, JsValue> {
        let (_, table) = self.table(IdbTransactionMode::Readonly)?;
        Ok(js::settled(&table.get(&key.into())?).await?.as_string())
    }

    pub async fn put(&self, key: &str, value: &str) -> Result<(), JsValue> {
        let (transaction, table) = self.table(IdbTransactionMode::Readwrite)?;
        table.put_with_key(&value.into(), &key.into())?;
        committed(&transaction).await
    }

    pub async fn delete(&self, key: &str) -> Result<(), JsValue> {
        let (transaction, table) = self.table(IdbTransactionMode::Readwrite)?;
        table.delete(&key.into())?;
        committed(&transaction).await
    }

    /// The keys with this prefix, sorted.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, JsValue> {
        let (_, table) = self.table(IdbTransactionMode::Readonly)?;
        // Keys are ours and hold no character above this one.
        let range = IdbKeyRange::bound(&prefix.into(), &format!("{prefix}\u{ffff}").into())?;
        let keys: js_sys::Array = js::settled(&table.get_all_keys_with_key(&range)?).await?.unchecked_into();
        Ok(keys.iter().filter_map(|key| key.as_string()).collect())
    }

    fn table(&self, mode: IdbTransactionMode) -> Result<(IdbTransaction, IdbObjectStore), JsValue> {
        let transaction = self.database.transaction_with_str_and_mode(TABLE, mode)?;
        let table = transaction.object_store(TABLE)?;
        Ok((transaction, table))
    }
}

/// A write is done when its transaction is, not when its request is.
async fn committed(transaction: &IdbTransaction) -> Result<(), JsValue> {
    let promise = js_sys::Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    });
    match JsFuture::from(promise).await {
        Ok(_) => Ok(()),
        Err(_) => Err(transaction.error().map_or(JsValue::UNDEFINED, JsValue::from)),
    }
}
