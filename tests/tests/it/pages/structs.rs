//! What the sources say of documents whose commands cannot be run everywhere: their keys.

use std::collections::BTreeMap;
use std::path::Path;

use syn::{Item, Meta};

use super::sources::{doc, parse};

/// The fields of a struct and of those of the same file in it: key in JSON, form, meaning.
pub(super) fn fields(file: &str, name: &str) -> Vec<(String, String, String)> {
    let file = parse(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file));
    let structs = file.items.into_iter().filter_map(|item| match item {
        Item::Struct(item) => Some((item.ident.to_string(), item)),
        _ => None,
    });
    let structs: BTreeMap<_, _> = structs.collect();
    let mut rows = Vec::new();
    fields_of(&structs, name, "", &mut rows);
    assert!(!rows.is_empty(), "{name} has no fields");
    rows
}

fn fields_of(
    structs: &BTreeMap<String, syn::ItemStruct>,
    name: &str,
    above: &str,
    rows: &mut Vec<(String, String, String)>,
) {
    for field in structs.get(name).into_iter().flat_map(|found| &found.fields) {
        let renamed = field.attrs.iter().find_map(|attribute| {
            let Meta::List(list) = &attribute.meta else { return None };
            let words = list.tokens.to_string();
            words.strip_prefix("rename = \"").map(|name| name.trim_end_matches('"').to_owned())
        });
        let own = renamed.unwrap_or_else(|| field.ident.as_ref().unwrap().to_string());
        let form = form(&field.ty);
        let key = format!("{above}{own}");
        rows.push((key.clone(), form.clone(), doc(&field.attrs)));
        let inner = if form.starts_with("list") { format!("{key}[].") } else { format!("{key}.") };
        fields_of(structs, &innermost(&field.ty), &inner, rows);
    }
}

/// The name of a type, or of what it is a list of.
fn innermost(of: &syn::Type) -> String {
    match of {
        syn::Type::Reference(inner) => innermost(&inner.elem),
        syn::Type::Slice(inner) => innermost(&inner.elem),
        syn::Type::Array(inner) => innermost(&inner.elem),
        syn::Type::Path(path) => {
            let last = path.path.segments.last().unwrap();
            match &last.arguments {
                syn::PathArguments::AngleBracketed(inner) => match inner.args.last() {
                    Some(syn::GenericArgument::Type(inner)) => innermost(inner),
                    _ => last.ident.to_string(),
                },
                _ => last.ident.to_string(),
            }
        }
        _ => String::new(),
    }
}

/// What a type is in JSON.
fn form(of: &syn::Type) -> String {
    let (path, inner) = match of {
        syn::Type::Reference(inner) => return form(&inner.elem),
        syn::Type::Slice(inner) => return format!("list of {}", form(&inner.elem)),
        syn::Type::Array(inner) => return format!("list of {}", form(&inner.elem)),
        syn::Type::Path(path) => {
            let last = path.path.segments.last().unwrap();
            let inner = match &last.arguments {
                syn::PathArguments::AngleBracketed(inner) => {
                    inner.args.iter().find_map(|inner| match inner {
                        syn::GenericArgument::Type(inner) => Some(form(inner)),
                        _ => None,
                    })
                }
                _ => None,
            };
            (last.ident.to_string(), inner)
        }
        _ => return "object".to_owned(),
    };
    match (path.as_str(), inner) {
        ("Vec", Some(inner)) => format!("list of {inner}"),
        ("Option", Some(inner)) => format!("{inner} or null"),
        ("String" | "str" | "PathBuf" | "Source", _) => "text".to_owned(),
        ("bool", _) => "true or false".to_owned(),
        ("u8" | "u16" | "u32" | "u64" | "usize" | "i64", _) => "number".to_owned(),
        _ => "object".to_owned(),
    }
}
