//! `#[derive(Message)]`: a message's layout from its fields.
//!
//! The variant's number as one byte (left out where there is one variant), then the fields in order, each as its type lays it
//! out. A field marked `#[message(postcard)]` goes as postcard instead, for types of others that have serde.
use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Error, Fields, Ident, Index, Member, Result, parse_macro_input};

#[proc_macro_derive(Message, attributes(message))]
pub fn message(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn expand(input: &DeriveInput) -> Result<Tokens> {
    let (put, get) = match &input.data {
        Data::Struct(data) => {
            let (names, puts, gets) = fields(&data.fields)?;
            let pattern = pattern(&quote!(Self), &data.fields, &names);
            (quote!(let #pattern = self; #puts), quote!(#gets ::core::option::Option::Some(#pattern)))
        }
        Data::Enum(data) if data.variants.is_empty() => (quote!(match *self {}), quote!(::core::option::Option::None)),
        Data::Enum(data) => {
            let tagged = data.variants.len() > 1;
            let mut puts = Vec::new();
            let mut gets = Vec::new();
            for (tag, variant) in data.variants.iter().enumerate() {
                let tag = u8::try_from(tag).map_err(|_| Error::new_spanned(variant, "a message has at most 256 variants"))?;
                let (names, put, get) = fields(&variant.fields)?;
                let name = &variant.ident;
                let pattern = pattern(&quote!(Self::#name), &variant.fields, &names);
                let tag_put = tagged.then(|| quote!(to.tag(#tag);));
                puts.push(quote!(#pattern => { #tag_put #put }));
                gets.push(quote!(#tag => { #get ::core::option::Option::Some(#pattern) }));
            }
            let read = if tagged { quote!(from.tag()?) } else { quote!(0u8) };
            (quote!(match self { #(#puts)* }), quote!(match #read { #(#gets)* _ => ::core::option::Option::None }))
        }
        Data::Union(_) => return Err(Error::new_spanned(input, "a union can't be a message")),
    };
    let name = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        impl #impl_generics ::peerd::Message for #name #type_generics #where_clause {
            #[inline(always)]
            fn put(&self, to: &mut ::peerd::Writer<'_>) {
                #put
            }

            #[inline]
            fn get(from: &mut ::peerd::Reader<'_>) -> ::core::option::Option<Self> {
                #get
            }
        }
    })
}

/// Names for the fields, the statements that write them, the ones that read them.
fn fields(fields: &Fields) -> Result<(Vec<Ident>, Tokens, Tokens)> {
    let names: Vec<Ident> = (0..fields.len()).map(|at| format_ident!("field_{at}")).collect();
    let (mut puts, mut gets) = (Tokens::new(), Tokens::new());
    for (field, name) in fields.iter().zip(&names) {
        let of = &field.ty;
        if is_postcard(&field.attrs)? {
            puts.extend(quote!(to.postcard(#name);));
            gets.extend(quote!(let #name: #of = from.postcard()?;));
        } else {
            puts.extend(quote!(<#of as ::peerd::Message>::put(#name, to);));
            gets.extend(quote!(let #name = <#of as ::peerd::Message>::get(from)?;));
        }
    }
    Ok((names, puts, gets))
}

/// `Path { a: field_0, .. }`, which also serves tuples and units.
fn pattern(path: &Tokens, fields: &Fields, names: &[Ident]) -> Tokens {
    let members = fields.iter().enumerate().map(|(at, field)| match &field.ident {
        Some(name) => Member::Named(name.clone()),
        None => Member::Unnamed(Index::from(at)),
    });
    quote!(#path { #(#members: #names),* })
}

fn is_postcard(attributes: &[Attribute]) -> Result<bool> {
    let mut found = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("message")) {
        attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident("postcard");
            if found { Ok(()) } else { Err(meta.error("the one option is `postcard`")) }
        })?;
    }
    Ok(found)
}
