//! What may be wrong with Modal's client and its login.

use crate::answer::Client;

/// The first client that can give an app new containers.
const FIRST: [u32; 3] = [1, 4, 2];

/// A thing that is wrong, or that one should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientTrouble {
    /// Its id, which stays.
    pub id: &'static str,
    /// Whether it keeps something from working.
    pub is_fatal: bool,
    /// What is so.
    pub so: String,
    /// What to do.
    pub cure: String,
}

/// Where the client takes its token from; `None` where it has none.
#[must_use]
pub fn token_source(client: &Client) -> Option<&'static str> {
    match (client.in_environment, client.in_profile) {
        ([true, true], _) => Some("the environment"),
        (_, [true, true]) => Some("the profile"),
        _ => None,
    }
}

/// Everything that is wrong with a client, or to be known of it.
#[must_use]
pub fn client_troubles(client: &Client) -> Vec<ClientTrouble> {
    [version(client), login(client), both(client), mode(client)].into_iter().flatten().collect()
}

fn version(client: &Client) -> Option<ClientTrouble> {
    let mut parts = client.version.split(['.', 'a', 'b', 'r', '+']).map(str::parse::<u32>);
    let mut part = || parts.next().and_then(Result::ok).unwrap_or_default();
    let found = [part(), part(), part()];
    (found < FIRST).then(|| ClientTrouble {
        id: "modal-client-old",
        is_fatal: true,
        so: format!(
            "Modal's client is {}, and 1.4.2 is the first that can roll over",
            client.version
        ),
        cure: format!("{} -m pip install --upgrade modal", client.python),
    })
}

fn login(client: &Client) -> Option<ClientTrouble> {
    token_source(client).is_none().then(|| ClientTrouble {
        id: "modal-no-token",
        is_fatal: true,
        so: "Modal's client has no whole token".to_owned(),
        cure: "set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET, both, or run `modal setup`".to_owned(),
    })
}

fn both(client: &Client) -> Option<ClientTrouble> {
    let twice = client.in_environment == [true, true] && client.in_profile == [true, true];
    twice.then(|| ClientTrouble {
        id: "modal-token-twice",
        is_fatal: false,
        so: format!(
            "the token of the environment wins over profile `{}` of {}, without a word",
            client.profile, client.path
        ),
        cure: "unset MODAL_TOKEN_ID and MODAL_TOKEN_SECRET where the profile is meant".to_owned(),
    })
}

fn mode(client: &Client) -> Option<ClientTrouble> {
    let mode = client.mode.filter(|mode| mode & 0o077 != 0)?;
    Some(ClientTrouble {
        id: "modal-file-wide",
        is_fatal: true,
        so: format!("{} has mode {mode:04o}: others may read the token in it", client.path),
        cure: format!("chmod 600 {}", client.path),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        Client {
            version: "1.6.4".to_owned(),
            python: "/opt/bin/python3".to_owned(),
            in_environment: [true, true],
            in_profile: [false, false],
            profile: "default".to_owned(),
            path: "/root/.modal.toml".to_owned(),
            mode: None,
            environment: String::new(),
            servers: String::new(),
        }
    }

    #[track_caller]
    fn check(client: &Client, expected: &[&str]) {
        let found: Vec<_> = client_troubles(client).into_iter().map(|trouble| trouble.id).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_client_with_one_token_is_well() {
        check(&client(), &[]);
        check(&Client { mode: Some(0o600), ..client() }, &[]);
    }

    #[test]
    fn each_trouble_has_its_id() {
        check(&Client { version: "1.2.6".to_owned(), ..client() }, &["modal-client-old"]);
        check(&Client { version: "1.4.1".to_owned(), ..client() }, &["modal-client-old"]);
        check(&Client { in_environment: [true, false], ..client() }, &["modal-no-token"]);
        check(&Client { in_profile: [true, true], ..client() }, &["modal-token-twice"]);
        check(&Client { mode: Some(0o644), ..client() }, &["modal-file-wide"]);
    }
}
