"""Commands for the people who may sign in: `user add`, `list`, `password`, `role`, `posts`, `disable`, `enable`."""

import secrets
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.commands.options import DEFAULT_CONFIG, ConfigOption
from cases.people import People, Role
from cases.posts import Post
from pipeline.settings import load_settings
from pipeline.stores import open_people

app = typer.Typer(help="People who may sign in on the page.", no_args_is_help=True)

POSTS_HELP = "whose steps of a case are his work; none: those of the role"
UnitOption = Annotated[str, typer.Option(help="id of his unit, for the posts department and handler")]


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="sign-in name")],
    role: Annotated[Role, typer.Option(help="viewer looks, operator judges and warns, admin changes cameras")],
    post: Annotated[list[Post] | None, typer.Option(help=POSTS_HELP)] = None,
    unit: UnitOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Add somebody; the password is asked for."""
    people = open_people(load_settings(config))
    given = typer.prompt("password", hide_input=True, confirmation_prompt=True)
    people.create(name, given, role, posts=post or (), unit=unit)
    Console().print(f"{name} may sign in as {role.value}", highlight=False)


@app.command("list")
def list_people(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List who may sign in."""
    table = Table("name", "role", "posts", "unit", "may sign in", box=None)
    for person in open_people(load_settings(config)).everybody():
        posts = ", ".join(person.given_posts) or f"all of {person.role.value}"
        table.add_row(person.name, person.role.value, posts, person.given_unit, "no" if person.disabled else "yes")
    Console().print(table)


@app.command("password")
def password(name: Annotated[str, typer.Argument(help="sign-in name")], config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Give somebody a new password; it is asked for."""
    people = open_people(load_settings(config))
    people.set_password(name, typer.prompt("new password", hide_input=True, confirmation_prompt=True))
    Console().print(f"{name} has a new password", highlight=False)


@app.command("role")
def role(
    name: Annotated[str, typer.Argument(help="sign-in name")],
    new: Annotated[Role, typer.Argument(help="viewer looks, operator judges and warns, admin changes cameras")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Give somebody another role; it holds from the next request on."""
    open_people(load_settings(config)).set_role(name, new)
    Console().print(f"{name} may sign in as {new.value}", highlight=False)


@app.command("posts")
def posts(
    name: Annotated[str, typer.Argument(help="sign-in name")],
    post: Annotated[list[Post] | None, typer.Argument(help=POSTS_HELP)] = None,
    unit: UnitOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Say whose steps of a case are somebody's work, and of which unit; it holds from the next request on."""
    person = open_people(load_settings(config)).set_posts(name, post or (), unit)
    of_unit = f" of unit {person.given_unit}" if person.given_unit else ""
    Console().print(f"{name} holds {', '.join(person.posts) or 'no post'}{of_unit}", highlight=False)


@app.command("disable")
def disable(name: Annotated[str, typer.Argument(help="sign-in name")], config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Keep somebody from signing in; what he did stays on record."""
    open_people(load_settings(config)).disable(name)
    Console().print(f"{name} can no longer sign in", highlight=False)


@app.command("enable")
def enable(name: Annotated[str, typer.Argument(help="sign-in name")], config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Let somebody sign in again."""
    open_people(load_settings(config)).disable(name, disabled=False)
    Console().print(f"{name} may sign in again", highlight=False)


def first_admin(people: People, console: Console) -> None:
    """Where nobody may sign in yet, add `admin` with a random password and show it once, on the console only."""
    if not people.is_empty():
        return
    generated = secrets.token_urlsafe(12)
    people.create("admin", generated, Role.ADMIN)
    console.print(
        f"first start: sign in as [bold]admin[/bold] with the password [bold]{generated}[/bold]; it is shown only now. "
        "Change it with: streetwarden user password admin"
    )
