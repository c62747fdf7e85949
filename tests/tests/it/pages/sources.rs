//! What the sources say of errors: their texts, what they mean, exit codes and hints.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Item, Lit, Meta, Stmt};

use crate::support::rust_files;

/// A text that a person may read behind `error:`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Message {
    /// The text; `…` stands for what differs.
    pub(super) text: String,
    /// What it means, where its source says more than the text.
    pub(super) meaning: Option<String>,
    /// The name of the exit code, where the source says it.
    pub(super) exit: Option<String>,
    /// What to do next.
    pub(super) hints: Vec<String>,
}

type Words = syn::punctuated::Punctuated<Expr, syn::Token![,]>;

/// Crates of which no word reaches a person by way of `datalake`.
const SILENT: [&str; 2] = ["datalake-bench", "datalake-sim"];

/// Files of tests alone.
const OF_TESTS: [&str; 4] = ["tests.rs", "scene.rs", "test_support.rs", "test_service.rs"];

/// All texts of errors.
pub(super) fn messages() -> BTreeSet<Message> {
    let crates = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../crates"));
    let mut messages = BTreeSet::new();
    let commands = commands();
    for folder in fs::read_dir(crates).unwrap().map(|entry| entry.unwrap().path()) {
        if !SILENT.iter().any(|silent| folder.ends_with(silent)) {
            for file in list_sources(folder.join("src")) {
                read(&file, &commands, &mut messages);
            }
        }
    }
    messages
}

/// The code of S3 and the kind of fault that it is taken for, both by name.
pub(super) fn codes_of_s3() -> BTreeMap<String, Vec<String>> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/datalake-s3/src/answer.rs");
    let mut codes = Codes::default();
    codes.visit_file(&parse(Path::new(file)));
    codes.0
}

/// The meaning of each variant of an enum, by its name.
pub(super) fn meanings(file: &str, name: &str) -> BTreeMap<String, String> {
    let file = parse(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file));
    let found = file.items.into_iter().find_map(|item| match item {
        Item::Enum(item) if item.ident == name => Some(item),
        _ => None,
    });
    let variants = found.unwrap().variants.into_iter();
    variants.map(|variant| (variant.ident.to_string(), doc(&variant.attrs))).collect()
}

/// The sources in a folder, without those of tests alone.
pub(super) fn list_sources(folder: PathBuf) -> impl Iterator<Item = PathBuf> {
    let is_of_tests = |path: &PathBuf| {
        OF_TESTS.iter().any(|name| path.ends_with(name)) || path.iter().any(|part| part == "tests")
    };
    rust_files([folder.clone()]).into_iter().filter(move |path| {
        !path.strip_prefix(&folder).is_ok_and(|below| is_of_tests(&below.to_owned()))
    })
}

/// A source, parsed.
pub(super) fn parse(file: &Path) -> syn::File {
    syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap()
}

/// How each command is typed that an advice names, by the name of its variant.
fn commands() -> BTreeMap<String, String> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/datalake-cli/src/advice.rs");
    let mut commands = Commands::default();
    commands.visit_file(&parse(Path::new(file)));
    assert!(commands.0.len() > 10, "{:?}", commands.0);
    commands.0
}

fn read(file: &Path, commands: &BTreeMap<String, String>, messages: &mut BTreeSet<Message>) {
    let mut reader = Reader { messages, commands, named: BTreeMap::new() };
    reader.visit_file(&parse(file));
}

struct Reader<'a> {
    messages: &'a mut BTreeSet<Message>,
    /// How commands are typed.
    commands: &'a BTreeMap<String, String>,
    /// What names of constants and variables stand for, as far as they have been seen.
    named: BTreeMap<String, Vec<String>>,
}

impl Reader<'_> {
    /// A type of errors or one variant of it.
    fn error(&mut self, attributes: &[Attribute]) {
        let texts = attributes.iter().filter(|attribute| attribute.path().is_ident("error"));
        for text in texts.filter_map(text_of) {
            let meaning = Some(doc(attributes)).filter(|meaning| !meaning.is_empty());
            self.messages.insert(Message {
                text: make_plain(&text),
                meaning,
                ..Message::default()
            });
        }
    }

    /// `Failure::new(…)` or `OperationError::new(…)` with its hints; `None` where the expression is another one.
    fn failure(&self, expression: &Expr) -> Option<Vec<Message>> {
        match expression {
            Expr::Call(call) => {
                let Expr::Path(path) = &*call.func else { return None };
                let words: Vec<_> =
                    path.path.segments.iter().map(|part| part.ident.to_string()).collect();
                let [.., kind, new] = &words[..] else { return None };
                if !["Failure", "OperationError"].contains(&kind.as_str()) || new != "new" {
                    return None;
                }
                let exit = last_name(call.args.first()?)?;
                let texts = self.texts(call.args.iter().nth(1)?);
                let message =
                    |text| Message { text, exit: Some(exit.clone()), ..Message::default() };
                Some(texts.into_iter().map(message).collect())
            }
            Expr::MethodCall(call) => {
                let mut messages = self.failure(&call.receiver)?;
                if call.method == "hint" || call.method == "advise" {
                    let hints = call.args.first().map(|hint| self.texts(hint)).unwrap_or_default();
                    for message in &mut messages {
                        message.hints.extend(hints.clone());
                    }
                }
                Some(messages)
            }
            _ => None,
        }
    }

    /// The texts that an expression may come to.
    fn texts(&self, expression: &Expr) -> Vec<String> {
        match expression {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => vec![text.value()],
                _ => Vec::new(),
            },
            Expr::Macro(call) if call.mac.path.is_ident("format") => {
                let words = call.mac.parse_body_with(Words::parse_terminated).ok();
                let form = words.and_then(|words| words.first().map(|first| self.texts(first)));
                form.into_iter().flatten().map(|form| make_plain(&form)).collect()
            }
            Expr::Call(call) => self.texts_of_advice(call),
            Expr::MethodCall(call) => self.texts(&call.receiver),
            Expr::Reference(inner) => self.texts(&inner.expr),
            Expr::Path(_) => last_name(expression)
                .and_then(|name| self.named.get(&name).cloned())
                .unwrap_or_default(),
            Expr::If(choice) => {
                let otherwise = choice.else_branch.as_ref().map(|(_, other)| self.texts(other));
                [self.texts_of_block(&choice.then_branch), otherwise.unwrap_or_default()].concat()
            }
            Expr::Match(choice) => {
                choice.arms.iter().flat_map(|arm| self.texts(&arm.body)).collect()
            }
            Expr::Block(block) => self.texts_of_block(&block.block),
            _ => Vec::new(),
        }
    }

    /// The texts of `Advice::naming(words, [command, …])`, each command as it is typed.
    fn texts_of_advice(&self, call: &syn::ExprCall) -> Vec<String> {
        let (Some(words), Some(Expr::Array(commands))) = (call.args.first(), call.args.get(1))
        else {
            return Vec::new();
        };
        if last_name(&call.func).as_deref() != Some("naming") {
            return Vec::new();
        }
        let typed = |text: String, command: &Expr| {
            let typed = name_command(command).and_then(|name| self.commands.get(&name));
            text.replacen("{}", typed.map_or("…", String::as_str), 1)
        };
        let forms = self.forms(words).into_iter();
        forms.map(|form| make_plain(&commands.elems.iter().fold(form, typed))).collect()
    }

    /// Texts with places for commands; what is put in before is `…`.
    fn forms(&self, expression: &Expr) -> Vec<String> {
        match expression {
            Expr::Macro(call) => {
                let words = call.mac.parse_body_with(Words::parse_terminated).ok();
                let form = words.and_then(|words| words.first().map(|first| self.texts(first)));
                let forms = form.into_iter().flatten();
                forms.map(|form| make_plain(&form).replace("{…}", "{}")).collect()
            }
            expression => self.texts(expression),
        }
    }

    fn texts_of_block(&self, block: &syn::Block) -> Vec<String> {
        match block.stmts.last() {
            Some(Stmt::Expr(expression, None)) => self.texts(expression),
            _ => Vec::new(),
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.error(&item.attrs);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.error(&item.attrs);
        item.variants.iter().for_each(|variant| self.error(&variant.attrs));
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.named.insert(item.ident.to_string(), self.texts(&item.expr));
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let (syn::Pat::Ident(name), Some(start)) = (&local.pat, &local.init) {
            self.named.insert(name.ident.to_string(), self.texts(&start.expr));
        }
        visit::visit_local(self, local);
    }

    fn visit_expr(&mut self, expression: &'ast Expr) {
        match self.failure(expression) {
            Some(messages) => self.messages.extend(messages),
            None => visit::visit_expr(self, expression),
        }
    }
}

/// The name of a command, also of one that is a kind of its own: `Tables(TablesAdvice::List)`.
fn name_command(command: &Expr) -> Option<String> {
    let Expr::Call(call) = command else { return last_name(command) };
    let name = last_name(&call.func)?;
    if name == "Tables" { call.args.first().and_then(name_command) } else { Some(name) }
}

/// The words of each command of an advice.
#[derive(Default)]
struct Commands(BTreeMap<String, String>);

impl<'ast> Visit<'ast> for Commands {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if ["render_command", "render_tables_command"].iter().any(|name| function.sig.ident == name)
        {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let path = match &arm.pat {
            syn::Pat::Path(pattern) => &pattern.path,
            syn::Pat::TupleStruct(pattern) => &pattern.path,
            syn::Pat::Struct(pattern) => &pattern.path,
            _ => return,
        };
        let mut words = Literals::default();
        words.visit_expr(&arm.body);
        let name = path.segments.last().map(|part| part.ident.to_string());
        if let (Some(name), Some(words)) = (name, words.0.first()) {
            let is_whole = words.starts_with('`');
            let whole = if is_whole { make_plain(words) } else { format!("`datalake {words}`") };
            self.0.entry(name).or_insert(whole);
        }
    }
}

#[derive(Default)]
struct Codes(BTreeMap<String, Vec<String>>);

impl<'ast> Visit<'ast> for Codes {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if function.sig.ident == "kind_of_code" {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let mut body = &*arm.body;
        if let Expr::Block(block) = body
            && let Some(Stmt::Expr(inner, None)) = block.block.stmts.last()
        {
            body = inner;
        }
        let mut codes = Literals::default();
        codes.visit_pat(&arm.pat);
        self.0.entry(last_name(body).unwrap()).or_default().extend(codes.0);
    }
}

/// Every text.
#[derive(Default)]
pub(super) struct Literals(pub(super) Vec<String>);

impl<'ast> Visit<'ast> for Literals {
    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.0.push(text.value());
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let words = call.parse_body_with(Words::parse_terminated).ok();
        if let Some(Expr::Lit(syn::ExprLit { lit: Lit::Str(form), .. })) =
            words.as_ref().and_then(|words| words.first())
        {
            self.0.push(form.value());
        }
    }
}

fn last_name(expression: &Expr) -> Option<String> {
    let Expr::Path(path) = expression else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}

/// The text of `#[error("…")]`.
fn text_of(attribute: &Attribute) -> Option<String> {
    let Meta::List(list) = &attribute.meta else { return None };
    let first = list.tokens.clone().into_iter().next()?;
    syn::parse_str::<syn::LitStr>(&first.to_string()).ok().map(|text| text.value())
}

/// The first paragraph of a documentation.
pub(super) fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    lines.join(" ").replace("[`", "`").replace("`]", "`")
}

/// A form with `…` in place of what is put in.
pub(super) fn make_plain(form: &str) -> String {
    let (mut text, mut depth) = (String::new(), 0);
    let mut letters = form.replace("{{", "\u{1}").replace("}}", "\u{2}");
    letters.retain(|letter| letter != '\n');
    for letter in letters.chars() {
        match letter {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                text.push('…');
            }
            letter if depth == 0 => text.push(letter),
            _ => (),
        }
    }
    text.replace('\u{1}', "{").replace('\u{2}', "}")
}
