use super::*;

fn days(count: u32) -> Option<Days> {
    Days::new(count).ok()
}

fn enabled() -> LifecycleRule {
    LifecycleRule { enabled: true, ..LifecycleRule::default() }
}

fn document(rules: &str) -> String {
    format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>")
}

/// Reads one rule named `r` with these elements in it.
fn read(elements: &str) -> Result<LifecycleRule, UnknownRule> {
    let xml = document(&format!("<Rule><ID>r</ID><Status>Enabled</Status>{elements}</Rule>"));
    let rules = read_lifecycle(xml.as_bytes())?;
    Ok(rules.iter().next().unwrap().1.clone())
}

#[track_caller]
fn refuses(elements: &str, named: &str) {
    let message = read(elements).unwrap_err().to_string();
    assert!(message.contains(&format!("`{named}`")), "{elements}: {message}");
}

#[test]
fn rules_read_back_as_written() {
    let rules = Lifecycle::new([
        ("a".to_owned(), LifecycleRule { expire: days(90), ..enabled() }),
        ("b & <c>".to_owned(), LifecycleRule { prefix: " x<&>\"é ".to_owned(), ..enabled() }),
        ("markers".to_owned(), LifecycleRule { expire_markers: true, ..enabled() }),
        (
            "off".to_owned(),
            LifecycleRule {
                enabled: false,
                expire_noncurrent: days(30),
                abort_uploads: days(7),
                ..enabled()
            },
        ),
    ]);

    assert_eq!(read_lifecycle(write_lifecycle(&rules).as_bytes()), Ok(rules));
}

#[test]
fn the_shape_that_hetzner_hands_back_means_the_same() {
    let sent = Lifecycle::protection(days(30), days(7));
    let returned = r#"<?xml version="1.0" encoding="UTF-8"?>
        <LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
          <Rule>
            <ID>datalake-unfinished-uploads</ID><Prefix></Prefix><Status>Enabled</Status>
            <AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>
          </Rule>
          <Rule>
            <ID>datalake-old-versions</ID><Filter/><Status>Enabled</Status>
            <NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration>
          </Rule>
        </LifecycleConfiguration>"#;

    assert_eq!(read_lifecycle(returned.as_bytes()), Ok(sent));
}

#[test]
fn a_prefix_may_stand_in_either_place() {
    for elements in [
        "<Prefix>tmp/</Prefix>",
        "<Filter><Prefix>tmp/</Prefix></Filter>",
        "<Filter><Prefix>tmp/</Prefix></Filter><Prefix>tmp/</Prefix>",
    ] {
        assert_eq!(read(elements).unwrap().prefix, "tmp/", "{elements}");
    }
    refuses("<Filter><Prefix>a</Prefix></Filter><Prefix>b</Prefix>", "Filter");
}

#[test]
fn what_a_rewrite_would_lose_is_named() {
    refuses("<Transition><Days>1</Days></Transition>", "Transition");
    refuses("<NoncurrentVersionTransition/>", "NoncurrentVersionTransition");
    refuses("<Filter><And><Prefix>a</Prefix></And></Filter>", "Filter/And");
    refuses("<Filter><Tag><Key>k</Key></Tag></Filter>", "Filter/Tag");
    refuses(
        "<Filter><ObjectSizeLessThan>5</ObjectSizeLessThan></Filter>",
        "Filter/ObjectSizeLessThan",
    );
    refuses("<Filter><Prefix>a</Prefix><Tag/></Filter>", "Filter/Tag");
    refuses("<Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration>", "Expiration/Date");
    refuses(
        "<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays>\
         <NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionExpiration>",
        "NoncurrentVersionExpiration/NewerNoncurrentVersions",
    );
}

#[test]
fn values_that_make_no_sense_are_named() {
    refuses("<Expiration><Days>0</Days></Expiration>", "Expiration/Days");
    refuses("<Expiration><Days>soon</Days></Expiration>", "Expiration/Days");
    refuses("<Status>Perhaps</Status>", "Status");
    refuses("<ID></ID>", "ID");
    refuses(
        "<AbortIncompleteMultipartUpload/>",
        "AbortIncompleteMultipartUpload/DaysAfterInitiation",
    );
}

#[test]
fn two_rules_of_one_id_would_become_one() {
    let rule = "<Rule><ID>r</ID><Status>Enabled</Status></Rule>";

    let answer = read_lifecycle(document(&rule.repeat(2)).as_bytes());

    assert_eq!(
        answer,
        Err(UnknownRule::Value { rule: "`r`".to_owned(), element: "ID".to_owned() })
    );
}

#[test]
fn no_rules_are_an_empty_set_and_another_document_is_none() {
    assert_eq!(read_lifecycle(b"<LifecycleConfiguration/>"), Ok(Lifecycle::default()));
    assert_eq!(read_lifecycle(b"<Error/>"), Err(UnknownRule::OtherDocument));
    assert_eq!(read_lifecycle(b"<html>"), Err(UnknownRule::NotXml(NotXml)));
    assert!(read_lifecycle(b"<LifecycleConfiguration><Other/></LifecycleConfiguration>").is_err());
}
