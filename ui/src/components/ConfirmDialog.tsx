import { Button, Group, Modal, Stack } from "@mantine/core";
import { useState, type ReactNode } from "react";

import { inWords } from "@/lib/api/errors";

interface ConfirmDialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** What will happen, in words. */
  children: ReactNode;
  /** What the button says: the act, not "OK". */
  act: string;
  onConfirm: () => Promise<unknown>;
  isDestructive?: boolean;
  isDisabled?: boolean;
}

/** Asks before what cannot be taken back; stays open and says why when it is refused. */
export function ConfirmDialog({ isOpen, onClose, title, children, act, onConfirm, isDestructive, isDisabled }: ConfirmDialogProps) {
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const close = () => {
    setRefusal(null);
    onClose();
  };
  const confirm = async () => {
    setBusy(true);
    setRefusal(null);
    try {
      await onConfirm();
      close();
    } catch (error) {
      setRefusal(inWords(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={isOpen} onClose={close} title={title} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <Stack gap="sm">
          {children}
          {refusal && (
            <div role="alert" className="loss">
              {refusal}
            </div>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              Go back
            </Button>
            <Button type="submit" color={isDestructive ? "red.8" : undefined} loading={isBusy} disabled={isDisabled} data-autofocus>
              {act}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
