//! Which file of a crate imports which: module paths resolved to files, re-exports followed to where a name is defined.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{Reading, read};
use super::tokens::program_tokens;

/// A module by its path within the crate; the root is empty.
pub type Module = Vec<String>;

/// How many re-exports of re-exports are followed.
const MOST_RE_EXPORTS: usize = 16;

/// The modules of a crate, each with what its file says.
pub struct Crate {
    modules: BTreeMap<Module, Reading>,
}

impl Crate {
    /// Reads files given by path below the crate's root folder (`audio/voice.rs`) with their text.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let readings = files.into_iter().map(|(path, text)| (module_of(path), read(&program_tokens(text))));
        Self { modules: readings.collect() }
    }

    /// Whether no file was read.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty()
    }

    /// For each module those that it imports, itself excepted.
    pub fn imports(&self) -> BTreeMap<&Module, BTreeSet<&Module>> {
        self.modules.iter().map(|(module, reading)| (module, self.imports_of(module, reading))).collect()
    }

    fn imports_of<'a>(&'a self, module: &Module, reading: &Reading) -> BTreeSet<&'a Module> {
        let imported = reading.imports.iter().map(|import| &import.path);
        let paths = imported.chain(&reading.paths);
        let homes = paths.filter_map(|path| self.home(module, path, MOST_RE_EXPORTS));
        homes.filter(|home| *home != module).collect()
    }

    /// The module in whose file `path`, as written in `module`, is defined; none outside the crate.
    fn home<'a>(&'a self, module: &Module, path: &[String], depth: usize) -> Option<&'a Module> {
        let Some((mut place, rest)) = self.start(module, path) else { return self.through_import(module, path, depth) };
        let mut rest = rest.iter();
        while let Some(name) = rest.next() {
            let child = [&place[..], std::slice::from_ref(name)].concat();
            if self.modules.contains_key(&child) {
                place = child;
                continue;
            }
            let further: Vec<String> = rest.cloned().collect();
            return self.definition(&place, name, &further, depth).or_else(|| self.key(&place));
        }
        self.key(&place)
    }

    /// The same for a path that begins with a name that `module` imports.
    fn through_import<'a>(&'a self, module: &Module, path: &[String], depth: usize) -> Option<&'a Module> {
        let (name, rest) = path.split_first().filter(|_| depth > 0)?;
        let import = self.modules.get(module)?.imports.iter().find(|import| import.name == *name)?;
        self.home(module, &[&import.path[..], rest].concat(), depth - 1)
    }

    fn key(&self, module: &Module) -> Option<&Module> {
        self.modules.get_key_value(module).map(|(key, _)| key)
    }

    /// Where a path begins, and its segments from there on.
    fn start<'p>(&self, module: &Module, path: &'p [String]) -> Option<(Module, &'p [String])> {
        let mut place = module.clone();
        match path.first()?.as_str() {
            "crate" => return Some((Module::new(), &path[1..])),
            "self" => return Some((place, &path[1..])),
            "super" => {}
            name => {
                // A child module, without `self::` before it.
                place.push(name.to_owned());
                return self.modules.contains_key(&place).then_some((place, &path[1..]));
            }
        }
        let ups = path.iter().take_while(|segment| *segment == "super").count();
        place.truncate(place.len().checked_sub(ups)?);
        Some((place, &path[ups..]))
    }

    /// Where `name` of `place` is defined, followed by `further` segments: there, or where `place` has it from.
    fn definition(&self, place: &Module, name: &String, further: &[String], depth: usize) -> Option<&Module> {
        let reading = self.modules.get(place)?;
        if depth == 0 || reading.items.contains(name) {
            return self.key(place);
        }
        if let Some(import) = reading.imports.iter().find(|import| import.name == *name) {
            return self.home(place, &[&import.path[..], further].concat(), depth - 1);
        }
        let globs = reading.imports.iter().filter(|import| import.name == "*");
        globs
            .filter_map(|glob| self.home(place, &glob.path, depth - 1))
            .find(|home| self.modules[*home].items.contains(name))
    }
}

/// The module that the file at `path` holds.
fn module_of(path: &str) -> Module {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let mut module: Module = stem.split('/').map(str::to_owned).collect();
    let is_root = module.len() == 1 && ["lib", "main"].contains(&module[0].as_str());
    if is_root || module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    module
}

#[cfg(test)]
fn edges(files: &[(&str, &str)]) -> Vec<String> {
    let tree = Crate::read(files.iter().copied());
    let imports = tree.imports();
    let pairs = imports.iter().flat_map(|(from, to)| to.iter().map(|to| (from.join("::"), to.join("::"))));
    pairs.map(|(from, to)| format!("{from} > {to}")).collect()
}

#[test]
fn paths_lead_to_files_and_re_exports_to_where_a_name_is_defined() {
    let files = [
        ("lib.rs", "pub mod a; pub mod b; pub use a::Deep;"),
        ("a.rs", "mod inner; mod other; pub use inner::{Deep as Renamed, Deep}; pub use other::*;"),
        ("a/inner.rs", "pub struct Deep; use super::other::helper;"),
        ("a/other.rs", "pub fn helper() {}"),
        ("b.rs", "use crate::Deep; fn f() -> crate::a::Renamed { crate::a::helper() } use std::fmt; use engine::a;"),
        ("c.rs", "use crate::a as first; fn f() { first::helper(); fmt::new(); }"),
    ];
    let wanted = [
        " > a::inner",
        "a > a::inner",
        "a > a::other",
        "a::inner > a::other",
        "b > a::inner",
        "b > a::other",
        "c > a",
        "c > a::other",
    ];
    assert_eq!(edges(&files), wanted);
}
