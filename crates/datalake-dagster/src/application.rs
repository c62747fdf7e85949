//! Settings of an application's own.

/// What a variable of an application tells, by the names that people use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationSetting {
    /// The address of an S3 service.
    Endpoint,
    /// A bucket.
    Bucket,
    /// A region.
    Region,
}

const SETTINGS: [(&str, ApplicationSetting); 14] = [
    ("S3_ENDPOINT_URL", ApplicationSetting::Endpoint),
    ("S3_ENDPOINT", ApplicationSetting::Endpoint),
    ("S3_URL", ApplicationSetting::Endpoint),
    ("MINIO_ENDPOINT", ApplicationSetting::Endpoint),
    ("MINIO_ENDPOINT_URL", ApplicationSetting::Endpoint),
    ("AWS_S3_ENDPOINT", ApplicationSetting::Endpoint),
    ("AWS_S3_ENDPOINT_URL", ApplicationSetting::Endpoint),
    ("S3_BUCKET", ApplicationSetting::Bucket),
    ("S3_BUCKET_NAME", ApplicationSetting::Bucket),
    ("AWS_S3_BUCKET", ApplicationSetting::Bucket),
    ("AWS_BUCKET", ApplicationSetting::Bucket),
    ("MINIO_BUCKET", ApplicationSetting::Bucket),
    ("S3_REGION", ApplicationSetting::Region),
    ("S3_REGION_NAME", ApplicationSetting::Region),
];

/// What an application reads from a variable of this name; `None` for one that is nobody's.
#[must_use]
pub fn application_setting(name: &str) -> Option<ApplicationSetting> {
    SETTINGS.iter().find(|(known, _)| *known == name).map(|(_, setting)| *setting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_applications_are_known_and_those_of_boto3_are_not_theirs() {
        assert_eq!(application_setting("S3_ENDPOINT_URL"), Some(ApplicationSetting::Endpoint));
        assert_eq!(application_setting("S3_BUCKET"), Some(ApplicationSetting::Bucket));
        assert_eq!(application_setting("AWS_ENDPOINT_URL_S3"), None);
        assert_eq!(application_setting("DAGSTER_S3_BUCKET"), None);
    }
}
