//! What is told of Modal's secrets and apps.

use datalake_core::receipt::Receipt;
use datalake_core::text::printable;
use datalake_engine::ModalAccount;

use super::{Apps, LeftSecret, find_cleared_secret, find_left_secret};

/// The secret that a rollback has taken datalake's variables out of, if it is still there, and what is
/// said of it.
#[must_use]
pub async fn tell_left_secret(
    undone: &Receipt,
    account: &dyn ModalAccount,
    program: &str,
) -> (Option<LeftSecret>, String) {
    let Some(secret) = find_cleared_secret(undone) else { return (None, String::new()) };
    match find_left_secret(secret, account).await {
        Ok(None) => (None, String::new()),
        Ok(Some(left)) => {
            let text = describe_left_secret(&left, program);
            (Some(left), format!("\n{text}"))
        }
        Err(fault) => {
            let fault = printable(&fault.to_string());
            (None, format!("\nWhether Modal still has secret `{secret}` is unknown: {fault}\n"))
        }
    }
}

/// Why it stays, and how it goes.
#[must_use]
pub fn describe_left_secret(left: &LeftSecret, program: &str) -> String {
    let LeftSecret { secret, variables, client } = left;
    let why = match variables.as_deref() {
        Some([]) => "Modal lists no variable in it".to_owned(),
        Some(names) => format!("it holds variables of others: {}", names.join(", ")),
        None => format!(
            "variables of others may be in it, which Modal's client {client} cannot list (1.6 can)"
        ),
    };
    let (secret, why) = (printable(secret), printable(&why));
    format!(
        "Modal secret `{secret}` stays, without datalake's variables:\n{why}.\n\
         To remove all of it: {program} secret delete --all\n"
    )
}

/// What became of the apps after a secret has changed.
#[must_use]
pub fn describe_apps_after(apps: &Apps) -> String {
    let list = |names: &[String]| printable(&names.join(", "));
    let mut text = String::new();
    if !apps.rolled_over.is_empty() {
        text.push_str(&format!("New containers: {}.\n", list(&apps.rolled_over)));
    }
    if !apps.not_deployed.is_empty() {
        text.push_str(&format!("Not deployed: {}.\n", list(&apps.not_deployed)));
    }
    if !apps.left.is_empty() {
        let left = list(&apps.left);
        text.push_str(&format!("Containers of {left} may still hold the old values.\n"));
    }
    if !apps.others.is_empty() {
        text.push_str(&format!(
            "Deployed and not in `modal.apps`: {}. Where one uses the secret, its containers may \
             still hold\nthe old values: datalake modal rollover APP\n",
            list(&apps.others)
        ));
    }
    if let Some(why) = &apps.unknown {
        let why = printable(why);
        text.push_str(&format!("Which other apps may still hold old values is unknown: {why}\n"));
    }
    text
}
