//! Names of environment variables.

/// The variables that datalake hands to every container.
pub const S3_VARIABLES: [&str; 10] = datalake_core::modal::USUAL_VARIABLES;

/// The variables with Modal's token, for containers that are to call functions there.
pub const MODAL_VARIABLES: [&str; 2] = ["MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"];

/// Variables that make boto3 use something else than the key pair and address that it is handed: a
/// profile that is not there, an old token, the endpoint of another service.
pub const STEERING_VARIABLES: [&str; 12] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ENDPOINT_URL",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
];

/// Whether podman, systemd and sh all take `text` for the name of a variable.
pub(crate) fn is_variable(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !text.is_empty() && text.chars().all(plain) && !text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_letters_digits_and_underscores() {
        assert!(S3_VARIABLES.into_iter().chain(MODAL_VARIABLES).all(is_variable));
        assert!(is_variable("_a1"));
        for text in ["", "1A", "A-B", "A B", "Ä", "A="] {
            assert!(!is_variable(text), "{text:?}");
        }
    }
}
