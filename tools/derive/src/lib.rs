//! `#[derive(Message)]`: a message's layout from its fields, for `peerd` and for `peerd_actor`; `#[actor]`: what a guest exports.
//!
//! The variant's number as one byte (left out where there is one variant), then the fields in order, each as its type lays it
//! out. A field marked `#[message(postcard)]` goes as postcard instead, for types of others that have serde.
use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Error, Fields, Ident, Index, ItemImpl, Member, Result, parse_macro_input};

#[proc_macro_derive(Message, attributes(message))]
pub fn message(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input, &quote!(::peerd)).unwrap_or_else(Error::into_compile_error).into()
}

/// The same layout for guests, whose refs are other ones.
#[proc_macro_derive(GuestMessage, attributes(message))]
pub fn guest_message(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input, &quote!(::peerd_actor)).unwrap_or_else(Error::into_compile_error).into()
}

/// On an `impl Actor for ..`: for wasm32 the module gets what the ABI of guests asks for, of this actor.
#[proc_macro_attribute]
pub fn actor(options: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as ItemImpl);
    if !options.is_empty() {
        return Error::new_spanned(&item.self_ty, "`#[actor]` has no options").into_compile_error().into();
    }
    let Some((_, path, _)) = &item.trait_ else {
        return Error::new_spanned(&item.self_ty, "`#[actor]` is for an `impl Actor for ..`").into_compile_error().into();
    };
    let of = &item.self_ty;
    let (state, message) = (quote!({ <#of as #path>::STATE_MAX }), quote!({ <#of as #path>::MESSAGE_MAX }));
    quote! {
        #item

        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "exports have names")]
        const _: () = {
            #[unsafe(export_name = "peerd_state")]
            static STATE: ::peerd_actor::guest::Buffer<#state> = ::peerd_actor::guest::Buffer::new();
            #[unsafe(export_name = "peerd_message")]
            static MESSAGE: ::peerd_actor::guest::Buffer<#message> = ::peerd_actor::guest::Buffer::new();
            #[global_allocator]
            static MEMORY: ::peerd_actor::guest::Bump = ::peerd_actor::guest::Bump::new();
            #[panic_handler]
            fn panic(_: &::core::panic::PanicInfo<'_>) -> ! {
                ::peerd_actor::guest::panicked()
            }

            #[used]
            #[unsafe(link_section = "peerd.abi")]
            static ABI: [u8; 12] = ::peerd_actor::guest::abi(#state, #message);

            #[unsafe(export_name = "peerd_turn")]
            extern "C" fn turn(state_length: i32, message_length: i32) -> i32 {
                ::peerd_actor::guest::run::<#of, #state, #message>(&STATE, &MESSAGE, state_length, message_length)
            }
        };
    }
    .into()
}

/// `of`: the crate with the trait.
fn expand(input: &DeriveInput, of: &Tokens) -> Result<Tokens> {
    let (put, get) = match &input.data {
        Data::Struct(data) => {
            let (names, puts, gets) = fields(&data.fields, of)?;
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
                let (names, put, get) = fields(&variant.fields, of)?;
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
        impl #impl_generics #of::Message for #name #type_generics #where_clause {
            #[inline(always)]
            fn put(&self, to: &mut #of::Writer<'_>) {
                #put
            }

            #[inline]
            fn get(from: &mut #of::Reader<'_>) -> ::core::option::Option<Self> {
                #get
            }
        }
    })
}

/// Names for the fields, the statements that write them, the ones that read them.
fn fields(fields: &Fields, krate: &Tokens) -> Result<(Vec<Ident>, Tokens, Tokens)> {
    let names: Vec<Ident> = (0..fields.len()).map(|at| format_ident!("field_{at}")).collect();
    let (mut puts, mut gets) = (Tokens::new(), Tokens::new());
    for (field, name) in fields.iter().zip(&names) {
        let of = &field.ty;
        if is_postcard(&field.attrs)? {
            puts.extend(quote!(to.postcard(#name);));
            gets.extend(quote!(let #name: #of = from.postcard()?;));
        } else {
            puts.extend(quote!(<#of as #krate::Message>::put(#name, to);));
            gets.extend(quote!(let #name = <#of as #krate::Message>::get(from)?;));
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
