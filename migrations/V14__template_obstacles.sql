-- Why a template that a provider keeps cannot be sent from here, whatever the provider decides: an image in its
-- header, say, that each message would have to bring.
ALTER TABLE message_templates ADD COLUMN obstacle TEXT;
