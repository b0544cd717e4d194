"""Writes a set into a folder that appears whole or not at all.

Everything is written below `.NAME.writing` and forced to the medium; then the folder gets its name in one rename. A
full disk in the middle leaves nothing that could be taken for a set.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from cases.disk import Disk, read_chunks, way_out
from datasets.errors import PictureError, SetWriteError


class SetFolder:
    """A folder being written; a context manager, for one thread. Leaving it without an error gives it its name.

    Raises:
        SetWriteError: something is there already, or the disk refuses; nothing was kept.
    """

    def __init__(self, final: Path, *, disk: Disk | None = None) -> None:
        """Write what shall become `final`, which must not be there yet, or be an empty folder."""
        self.final = final.absolute()
        self._writing = self.final.with_name(f".{self.final.name}.writing")
        self._disk = disk or Disk()
        self._folders: set[Path] = set()

    def __enter__(self) -> "SetFolder":
        check_is_free(self.final)
        self._disk.remove_tree(self._writing)
        try:
            self._disk.make_folder(self._writing)
        except OSError as err:
            self._disk.remove_tree(self._writing)
            raise self._refusal(err) from err
        self._folders.add(self._writing)
        return self

    def write(self, relative: str, content: bytes | Path) -> None:
        """Add a file.

        Args:
            relative: its path below the folder, with forward slashes.
            content: its bytes, or the file to copy.

        Raises:
            SetWriteError: the disk refuses.
            PictureError: the file to copy cannot be read.
        """
        path = self._writing / relative
        try:
            if path.parent not in self._folders:
                self._disk.make_folder(path.parent)
                self._folders.add(path.parent)
            self._disk.write(path, [content] if isinstance(content, bytes) else _copied(content))
        except OSError as err:
            raise self._refusal(err) from err

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._disk.remove_tree(self._writing)
            return
        try:
            for folder in sorted(self._folders):
                self._disk.sync_folder(folder)
            self._disk.rename(self._writing, self.final)
        except OSError as err:
            self._disk.remove_tree(self._writing)
            self._disk.remove_tree(self.final)  # it may have got its name before that could be made durable
            raise self._refusal(err) from err

    def _refusal(self, err: OSError) -> SetWriteError:
        return SetWriteError(f"set {self.final} could not be written and nothing of it was kept: {way_out(err)}")


def check_is_free(final: Path) -> None:
    """Make sure that a set can get a name, before work is done for it.

    Raises:
        SetWriteError: something is there already that is no empty folder.
    """
    if final.exists() and not (final.is_dir() and not any(final.iterdir())):
        raise SetWriteError(f"{final} is there already; choose another name, or move it away")


@contextmanager
def appearing_whole(path: Path, *, disk: Disk | None = None) -> Iterator[Path]:
    """Give the name under which to write a single file; it gets its own when the block ends without an error.

    Raises:
        SetWriteError: the disk refuses. An older file of that name stays, unless all that failed was to make the new
            name durable; half a file has it never.
    """
    disk = disk or Disk()
    part = path.with_name(f".{path.name}.writing")
    try:
        disk.make_folder(path.parent.absolute())
        part.unlink(missing_ok=True)
        yield part
        with part.open("rb") as file:
            disk.sync(file.fileno())
        disk.rename(part, path)
    except OSError as err:
        part.unlink(missing_ok=True)
        raise SetWriteError(f"{path} could not be written: {way_out(err)}") from err
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _copied(source: Path) -> Iterable[bytes]:
    def chunks() -> Iterator[bytes]:
        try:
            yield from read_chunks(source)
        except OSError as err:
            raise PictureError(f"picture {source} cannot be read: {err.strerror or err}") from err

    return chunks()
