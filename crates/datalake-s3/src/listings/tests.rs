use super::*;

const OBJECT: &str = "<Contents><Key>a%2Fb+%01%25</Key>\
    <LastModified>2026-11-22T18:00:00.123Z</LastModified><ETag>&quot;e-2&quot;</ETag>\
    <Size>7</Size><Owner><ID>p1</ID></Owner></Contents>";

fn objects(inside: &str, asked: Option<&str>) -> Result<ObjectPage, UnknownListing> {
    let document = format!("<ListBucketResult xmlns='u'>{inside}</ListBucketResult>");
    let asked = asked.map(|text| PageToken { text: text.to_owned(), id: None });
    read_objects(document.as_bytes(), asked.as_ref())
}

#[test]
fn a_key_comes_back_byte_for_byte() {
    let inside = format!(
        "{OBJECT}<IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>x%2F</Prefix>\
         </CommonPrefixes><EncodingType>url</EncodingType>"
    );

    let page = objects(&inside, None).unwrap();

    let object = &page.objects[0];
    assert_eq!(object.key.as_str(), "a/b \u{1}%");
    assert_eq!(object.etag.as_str(), "e-2");
    assert_eq!(object.size, ByteSize(7));
    assert_eq!(object.modified.to_string(), "2026-11-22T18:00:00Z");
    assert_eq!(page.prefixes, ["x/"]);
    assert_eq!(page.next, None);
}

#[test]
fn a_key_is_decoded_only_where_the_service_says_that_it_encoded_it() {
    let page = objects(&format!("<IsTruncated>false</IsTruncated>{OBJECT}"), None).unwrap();

    assert_eq!(page.objects[0].key.as_str(), "a%2Fb+%01%25");
}

#[test]
fn a_cut_listing_is_never_taken_for_the_end() {
    let cut = "<IsTruncated>true</IsTruncated>";
    let token = format!("{cut}<NextContinuationToken>t</NextContinuationToken>");

    let without = token.replace(cut, "");
    assert_eq!(objects(&without, None).unwrap().next.unwrap().text, "t");
    assert_eq!(objects(OBJECT, None).unwrap().next, None);
    assert_eq!(
        objects("<IsTruncated>maybe</IsTruncated>", None),
        Err(UnknownListing::Field("IsTruncated"))
    );
    assert_eq!(objects(cut, None), Err(UnknownListing::NoWay));
    assert_eq!(objects(&token, Some("t")), Err(UnknownListing::Loop));
    assert_eq!(objects(&token, Some("s")).unwrap().next.unwrap().text, "t");
    assert!(read_objects(b"<ListBucketResult><IsTruncated>false</IsTruncated>", None).is_err());
    assert!(read_objects(b"", None).is_err());
}

#[test]
fn an_object_without_a_field_spoils_the_page() {
    let whole = format!("{OBJECT}<IsTruncated>false</IsTruncated>");
    for (field, broken) in [
        ("Key", whole.replace("<Key>a%2Fb+%01%25</Key>", "<Key></Key>")),
        ("Size", whole.replace("<Size>7", "<Size>-7")),
        ("ETag", whole.replace("ETag", "Tag")),
        ("LastModified", whole.replace("2026", "soon")),
        ("Key", format!("{}<EncodingType>url</EncodingType>", whole.replace("%25", "%ff"))),
    ] {
        assert_eq!(objects(&broken, None), Err(UnknownListing::Field(field)), "{broken}");
    }
}

#[test]
fn versions_and_markers_are_read_in_their_order() {
    let entry = |name: &str, id: &str, rest: &str| {
        format!(
            "<{name}><Key>k</Key><VersionId>{id}</VersionId><IsLatest>false</IsLatest>\
             <LastModified>2026-11-22T18:00:00Z</LastModified>{rest}</{name}>"
        )
    };
    let content = "<Size>1</Size><ETag>e</ETag>";
    let document = format!(
        "<ListVersionsResult>{}{}<IsTruncated>true</IsTruncated><NextKeyMarker>k%2B</NextKeyMarker>\
         <NextVersionIdMarker>v1</NextVersionIdMarker><EncodingType>url</EncodingType>\
         </ListVersionsResult>",
        entry("DeleteMarker", "m", ""),
        entry("Version", "null", content)
    );

    let page = read_versions(document.as_bytes(), None).unwrap();

    let ids: Vec<_> = page.versions.iter().map(|entry| entry.version.0.as_str()).collect();
    assert_eq!(ids, ["m", "null"]);
    assert_eq!(page.versions[0].kind, VersionKind::Marker);
    let next = page.next.unwrap();
    assert_eq!(next, PageToken { text: "k+".to_owned(), id: Some("v1".to_owned()) });
    assert_eq!(read_versions(document.as_bytes(), Some(&next)), Err(UnknownListing::Loop));
}

#[test]
fn parts_go_on_behind_a_number() {
    let document = "<ListPartsResult><Part><PartNumber>2</PartNumber><ETag>\"e\"</ETag>\
        <Size>5</Size><LastModified>2026-11-22T18:00:00Z</LastModified></Part>\
        <IsTruncated>true</IsTruncated><NextPartNumberMarker>2</NextPartNumberMarker>\
        </ListPartsResult>";
    let two = PartNumber::new(2).unwrap();

    let page = read_parts(document.as_bytes(), Some(PartNumber::FIRST)).unwrap();

    assert_eq!(page.next, Some(two));
    assert_eq!(page.parts[0].part.number, two);
    assert_eq!(read_parts(document.as_bytes(), Some(two)), Err(UnknownListing::Loop));
}

#[test]
fn markers_that_come_behind_all_versions_are_put_in_their_place() {
    let entry = |name: &str, (key, id): (&str, &str), latest: bool, second: u32| {
        let content = if name == "Version" { "<Size>1</Size><ETag>e</ETag>" } else { "" };
        format!(
            "<{name}><Key>{key}</Key><VersionId>{id}</VersionId><IsLatest>{latest}</IsLatest>\
             <LastModified>2026-11-22T18:00:0{second}Z</LastModified>{content}</{name}>"
        )
    };
    let document = format!(
        "<ListVersionsResult><IsTruncated>false</IsTruncated>{}{}{}{}{}</ListVersionsResult>",
        entry("Version", ("a", "a3"), false, 3),
        entry("Version", ("a", "a1"), false, 1),
        entry("Version", ("b", "b1"), true, 1),
        entry("DeleteMarker", ("a", "a4"), true, 4),
        entry("DeleteMarker", ("a", "a2"), false, 2),
    );

    let page = read_versions(document.as_bytes(), None).unwrap();

    let ids: Vec<_> = page.versions.iter().map(|entry| entry.version.0.as_str()).collect();
    assert_eq!(ids, ["a4", "a3", "a2", "a1", "b1"]);
}

#[test]
fn versions_of_one_key_are_put_in_the_order_of_their_times() {
    let entry = |name: &str, id: &str, latest: bool, second: u32| {
        let content = if name == "Version" { "<Size>1</Size><ETag>e</ETag>" } else { "" };
        format!(
            "<{name}><Key>k</Key><VersionId>{id}</VersionId><IsLatest>{latest}</IsLatest>\
             <LastModified>2026-11-22T18:00:0{second}Z</LastModified>{content}</{name}>"
        )
    };
    let document = format!(
        "<ListVersionsResult><IsTruncated>false</IsTruncated>{}{}{}{}</ListVersionsResult>",
        entry("DeleteMarker", "m4", true, 4),
        entry("DeleteMarker", "m2", false, 2),
        entry("Version", "v3", false, 3),
        entry("Version", "v1", false, 1),
    );

    let page = read_versions(document.as_bytes(), None).unwrap();

    let ids: Vec<_> = page.versions.iter().map(|entry| entry.version.0.as_str()).collect();
    assert_eq!(ids, ["m4", "v3", "m2", "v1"]);
}
